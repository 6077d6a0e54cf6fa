import { connect } from 'node:net'

/** One connection on which a test writes its own bytes, since every client tidies a request first. */
export interface RawConnection {
  write(bytes: string): void
  /** What came back so far. */
  received(): string
  /** Everything that came back, once the server has closed. */
  closed: Promise<string>
  hangUp(): void
}

/** Bytes are written as Latin-1, one a character. */
export function rawConnection(origin: string, bytes = ''): RawConnection {
  const socket = connect(Number(new URL(origin).port), '127.0.0.1')
  let received = ''
  socket.on('data', (chunk) => {
    received += chunk.toString('latin1')
  })
  // A reset says no more than that it is closed.
  socket.on('error', () => {})
  const closed = new Promise<string>((resolve) => {
    socket.on('close', () => resolve(received))
  })
  const write = (text: string) => void socket.write(text, 'latin1')
  if (bytes !== '') write(bytes)
  return { write, received: () => received, closed, hangUp: () => void socket.destroy() }
}

/** Sends the bytes and reads until the server closes, or has answered and then been silent for a moment. */
export async function rawExchange(origin: string, bytes: string, silentMs = 100): Promise<string> {
  const connection = rawConnection(origin, bytes)
  const silence = async () => {
    for (let before = 0; before === 0 || connection.received().length !== before; ) {
      before = connection.received().length
      await Bun.sleep(silentMs)
    }
  }
  await Promise.race([connection.closed, silence()])
  connection.hangUp()
  return connection.received()
}

/** The status codes of the answers in `received`, in order. */
export const statuses = (received: string): number[] =>
  [...received.matchAll(/^HTTP\/1\.1 (\d{3}) /gm)].map((found) => Number(found[1]))
