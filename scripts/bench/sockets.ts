// HTTP requests over bare sockets: ten thousand waiting fetches would cost the load generator more than they cost the gateway.

import type { Message } from './lanes.ts'

export interface Answer {
  /** By performance.now(), when the last byte came. */
  at: number
  text: string
}

interface Exchange {
  text: string
  began(): void
  ended(answer: Answer): void
  failed(error: Error): void
}

const HANDLERS: Bun.SocketHandler<Exchange> = {
  binaryType: 'buffer',
  data(socket, bytes) {
    const exchange = socket.data
    if (exchange.text === '') exchange.began()
    exchange.text += bytes.toString()
    if (!isWhole(exchange.text)) return
    exchange.ended({ at: performance.now(), text: exchange.text })
    socket.end()
  },
  close: (socket) => socket.data.failed(new Error(`The connection was closed: ${socket.data.text}`)),
  error: (socket, error) => socket.data.failed(error),
}

/** Sends one request over a connection of its own; resolves once it is sent. */
export async function sendAlone(method: 'GET' | 'POST', url: string, { headers, body }: Message) {
  const { hostname, port, host, pathname } = new URL(url)
  const began = Promise.withResolvers<void>()
  const ended = Promise.withResolvers<Answer>()
  ended.promise.catch(() => {})
  const failed = (error: Error) => {
    began.reject(error)
    ended.reject(error)
  }
  const data: Exchange = { text: '', began: began.resolve, ended: ended.resolve, failed }
  const socket = await Bun.connect({ hostname, port: Number(port), data, socket: HANDLERS })
  const lines = Object.entries({ host, ...headers, 'content-length': String(Buffer.byteLength(body)) })
  const head = lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')
  socket.write(`${method} ${pathname} HTTP/1.1\r\n${head}\r\n${body}`)
  return { began: began.promise, ended: ended.promise, leave: () => socket.end() }
}

function isWhole(text: string): boolean {
  const head = text.indexOf('\r\n\r\n')
  if (head === -1) return false
  const length = /^content-length: (\d+)/im.exec(text.slice(0, head))?.[1]
  return length === undefined
    ? text.endsWith('\r\n0\r\n\r\n')
    : Buffer.byteLength(text.slice(head + 4)) >= Number(length)
}
