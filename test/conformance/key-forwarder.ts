import { connect, createServer, type Socket } from 'node:net'

/** A loopback port in front of another one. */
export interface Forwarder {
  port: number
  /** To be told before the first connection. */
  forwardTo(port: number, headerLine: string): void
  close(): void
}

/**
 * The official suite sends no credential, so it calls this port, which adds one header to each request.
 * It works on bytes: Host, Origin, the case of header names, spaces around values and every byte of an answer pass as they are,
 * for they are what is tested. The gateway has this port as its public origin, so no Host needs rewriting.
 */
export function startForwarder(): Promise<Forwarder> {
  let target: { port: number; headerLine: string } | null = null
  const sockets = new Set<Socket>()
  const server = createServer((client) => {
    if (!target) return client.destroy()
    const gateway = connect(target.port, '127.0.0.1')
    const addHeader = headerAdder(target.headerLine)
    client.on('data', (bytes: Buffer) => {
      try {
        gateway.write(addHeader(bytes))
      } catch (error) {
        console.error(error)
        client.destroy()
      }
    })
    gateway.pipe(client)
    for (const [socket, other] of [
      [client, gateway],
      [gateway, client],
    ] as const) {
      sockets.add(socket)
      socket.setNoDelay(true)
      socket.on('error', () => socket.destroy())
      socket.on('close', () => {
        sockets.delete(socket)
        other.destroySoon()
      })
    }
  })
  return new Promise((resolve, reject) => {
    server.once('error', reject).listen(0, '127.0.0.1', () => {
      const address = server.address()
      resolve({
        port: typeof address === 'object' && address ? address.port : 0,
        forwardTo: (port, headerLine) => {
          target = { port, headerLine }
        },
        close: () => {
          server.close()
          for (const socket of sockets) socket.destroy()
        },
      })
    })
  })
}

/** Puts a line behind the first line of each request of a connection. @throws for bodies without Content-Length, which the suite never sends. */
function headerAdder(headerLine: string): (bytes: Buffer) => Buffer {
  let head = Buffer.alloc(0)
  let bodyLeft = 0
  return (bytes) => {
    const out: Buffer[] = []
    let rest = bytes
    while (rest.length > 0) {
      if (bodyLeft > 0) {
        out.push(rest.subarray(0, bodyLeft))
        const passed = Math.min(bodyLeft, rest.length)
        bodyLeft -= passed
        rest = rest.subarray(passed)
        continue
      }
      head = Buffer.concat([head, rest])
      const end = head.indexOf('\r\n\r\n')
      if (end === -1) break
      const fields = head.subarray(0, end).toString('latin1')
      if (/^transfer-encoding:/im.test(fields)) throw new Error('The forwarder knows no chunked bodies')
      const firstLine = head.indexOf('\r\n') + 2
      out.push(head.subarray(0, firstLine), Buffer.from(`${headerLine}\r\n`), head.subarray(firstLine, end + 4))
      bodyLeft = Number(/^content-length: *(\d+)/im.exec(fields)?.[1] ?? 0)
      rest = head.subarray(end + 4)
      head = Buffer.alloc(0)
    }
    return Buffer.concat(out)
  }
}
