// A client that asks for the same thing over many connections for a while, as a process of its own so that it slows only the server.
// It is given one JSON argument, and prints how often each status came, and what came that was no HTTP.

import { connect } from 'node:net'

export interface Flood {
  port: number
  connections: number
  ms: number
  /** A whole request, as its bytes. */
  request: string
}
export interface Flooded {
  statuses: { [status: string]: number }
  /** Answers whose body does not hold what it should. */
  improper: string[]
  /** Connections that the server closed. */
  closed: number
  /** Milliseconds from a request to its answer, in the middle. */
  medianMs: number
}

const { port, connections, ms, request } = JSON.parse(process.argv[2] ?? '') as Flood
const flooded: Flooded = { statuses: {}, improper: [], closed: 0, medianMs: 0 }
const times: number[] = []
let over = false

function open(): void {
  const socket = connect(port, '127.0.0.1')
  let received = ''
  let askedAt = 0
  const ask = () => {
    askedAt = performance.now()
    socket.write(request)
  }
  socket.on('connect', ask)
  socket.on('error', () => {})
  socket.on('close', () => {
    if (!over) flooded.closed++
  })
  socket.on('data', (chunk) => {
    received += chunk.toString('latin1')
    const head = received.indexOf('\r\n\r\n')
    if (head < 0) return
    const length = /^content-length: (\d+)/im.exec(received.slice(0, head))?.[1]
    const whole = length === undefined ? received.endsWith('0\r\n\r\n') : received.length >= head + 4 + Number(length)
    if (!whole) return
    const status = received.slice(9, 12)
    flooded.statuses[status] = (flooded.statuses[status] ?? 0) + 1
    if (!/"result"|retry-after: 1/i.test(received)) flooded.improper.push(received)
    times.push(performance.now() - askedAt)
    received = ''
    if (over) socket.destroy()
    else ask()
  })
}

for (let i = 0; i < connections; i++) open()
await Bun.sleep(ms)
over = true
await Bun.sleep(500)
flooded.improper.splice(3)
flooded.medianMs = times.toSorted((a, b) => a - b)[times.length >> 1] ?? 0
console.log(JSON.stringify(flooded))
process.exit(0)
