import { createServer, type Socket } from 'node:net'

export interface RawServer {
  port: number
  /** Whole requests that arrived, as text. */
  requests: string[]
  /** Connections that were made. */
  connections: number
  stop(): Promise<void>
}

/** A server that answers each whole HTTP request with whatever bytes the test likes, or with none. */
export function startRawServer(answer: (socket: Socket, request: string) => void): Promise<RawServer> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    raw.connections++
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => {})
    let received = ''
    socket.on('data', (chunk) => {
      received += chunk.toString('latin1')
      for (;;) {
        const head = received.indexOf('\r\n\r\n')
        if (head < 0) return
        const length = Number(/^content-length: *(\d+)/im.exec(received.slice(0, head))?.[1] ?? 0)
        if (received.length < head + 4 + length) return
        const request = received.slice(0, head + 4 + length)
        received = received.slice(head + 4 + length)
        raw.requests.push(request)
        answer(socket, request)
      }
    })
  })
  const raw: RawServer = {
    port: 0,
    requests: [],
    connections: 0,
    stop: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy()
        server.close(() => resolve())
      }),
  }
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      raw.port = typeof address === 'object' && address ? address.port : 0
      resolve(raw)
    })
  })
}
