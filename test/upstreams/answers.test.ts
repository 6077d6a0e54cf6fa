import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'bun:test'
import type { JsonObject, JsonValue } from '../../src/lib/json.ts'
import { type Agent, outcome, text } from '../harness/agent.ts'
import { type App, startApp } from '../harness/app.ts'
import { until } from '../harness/everything.ts'
import { FarEnd } from '../harness/far-end.ts'

// In which ways a server of the 2025 generation may answer a call, and what each comes to.

let app: App
let far: FarEnd
let agent: Agent

beforeAll(async () => {
  far = new FarEnd().start()
  app = await startApp()
  await app.install('far', far.url)
  await app.setPolicy('far', 'run', 'allow')
})
beforeEach(async () => {
  agent = await app.agent()
  // Several failures in a row would keep the next call back; here each is the first.
  expect(outcome(await agent.call('far', 'run', {}))).toBe('executed')
})
afterEach(async () => {
  far.act = () => ({ content: [] })
  far.refuse = null
  await agent.close()
})
afterAll(async () => {
  await app.stop()
  await far.stop()
})

const DONE: JsonObject = { content: [{ type: 'text', text: 'done' }] }
const json = (message: JsonValue, status = 200) => Response.json(message, { status })
const event = (message: JsonValue, id?: string) =>
  `event: message\n${id === undefined ? '' : `id: ${id}\n`}data: ${JSON.stringify(message)}\n\n`
const stream = (...events: string[]) =>
  new Response(events.join(''), { headers: { 'content-type': 'text/event-stream; charset=utf-8' } })
const answerTo = (id: string | number, result: JsonObject = DONE) => ({ jsonrpc: '2.0', id, result })

/** What the agent reads, with how often it was sent and how long it took. */
async function run(): Promise<{ word: unknown; said: string; sent: number; ms: number }> {
  const before = far.calls.length
  const began = performance.now()
  const result = await agent.call('far', 'run', {})
  const ms = performance.now() - began
  return { word: outcome(result), said: text(result), sent: far.calls.length - before, ms }
}

async function ranOnce(): Promise<void> {
  expect(await run()).toMatchObject({ word: 'executed', said: 'done', sent: 1 })
}

async function endsUnknown(): Promise<void> {
  const ended = await run()
  expect(ended).toMatchObject({ word: 'unknown', sent: 1 })
  expect(ended.ms).toBeLessThan(2_000)
}

describe('an answer is taken', () => {
  test('as JSON, whatever else the content type says', async () => {
    far.act = ({ id }) =>
      new Response(JSON.stringify(answerTo(id)), { headers: { 'content-type': 'Application/JSON; charset=utf-8' } })
    await ranOnce()
  })

  test('out of a batch, among strangers', async () => {
    const note = { jsonrpc: '2.0', method: 'notifications/message', params: { level: 'info', data: 'x' } }
    far.act = ({ id }) => json([note, answerTo('stranger', { content: [] }), answerTo(id)])
    await ranOnce()
  })

  test('from an event stream, after whatever the server says before it', async () => {
    far.act = ({ id }) =>
      stream(
        ': a comment\n\n',
        event({ jsonrpc: '2.0', method: 'notifications/message', params: { level: 'info', data: 'x' } }),
        event(answerTo('stranger', { content: [] })),
        'event: message\ndata: no JSON at all\n\n',
        event(answerTo(id)),
      )
    await ranOnce()
  })

  test('from an event stream in which the server first asks us something, which is answered', async () => {
    const answers: JsonValue[] = []
    far.refuse = async (request) => {
      if (request.method !== 'POST') return null
      const message = (await request.clone().json()) as JsonObject
      if (message.method !== undefined) return null
      answers.push(message)
      return new Response(null, { status: 202 })
    }
    far.act = ({ id }) =>
      new Response(
        new ReadableStream({
          async start(controller) {
            const write = (chunk: string) => controller.enqueue(new TextEncoder().encode(chunk))
            write(event({ jsonrpc: '2.0', id: 'q1', method: 'ping' }))
            write(event({ jsonrpc: '2.0', id: 'q2', method: 'sampling/createMessage', params: {} }))
            await until(() => answers.length === 2)
            write(event(answerTo(id)))
            controller.close()
          },
        }),
        { headers: { 'content-type': 'text/event-stream' } },
      )
    await ranOnce()
    const about = (id: string) => answers.find((answer) => (answer as JsonObject).id === id)
    expect(about('q1')).toMatchObject({ result: {} })
    expect(about('q2')).toMatchObject({ error: { code: -32601 } })
  })

  test('from a stream that broke and was taken up again where it stood', async () => {
    let waiting: string | number = 0
    const resumed: (string | null)[] = []
    far.act = ({ id }) => {
      waiting = id
      return stream('retry: 10\n\n', event({ jsonrpc: '2.0', method: 'notifications/message', params: {} }, 'e1'))
    }
    far.refuse = (request) => {
      if (request.method !== 'GET' || !request.headers.has('last-event-id')) return null
      resumed.push(request.headers.get('last-event-id'))
      return stream(event(answerTo(waiting), 'e2'))
    }
    await ranOnce()
    expect(resumed).toEqual(['e1'])
  })
})

describe('the end of a call is unknown at once when the server', () => {
  test.each<[string, (id: string | number) => Response]>([
    ['answers another request', () => json(answerTo('stranger'))],
    ['answers with nothing', () => new Response(null, { status: 202 })],
    ['answers with an empty batch', () => json([])],
    ['answers with half a message', (id) => json({ jsonrpc: '2.0', id })],
    ['answers with a result that is none', (id) => json({ jsonrpc: '2.0', id, result: 'yes' })],
    ['answers with an error that is none', (id) => json({ jsonrpc: '2.0', id, error: 'no' })],
    ['answers with text', () => new Response('done', { headers: { 'content-type': 'text/plain' } })],
    [
      'answers with broken JSON',
      () => new Response('{"jsonrpc":', { headers: { 'content-type': 'application/json' } }),
    ],
    ['ends its stream without an answer', () => stream(': nothing\n\n')],
    ['answers another request on its stream', () => stream(event(answerTo('stranger')))],
  ])('%s', async (_how, answer) => {
    far.act = ({ id }) => answer(id)
    await endsUnknown()
  })
})

test('a call that is given up is cancelled by its id, and its connection ends', async () => {
  const leave = new AbortController()
  const reached = Promise.withResolvers<{ id: string | number; cancelled: AbortSignal }>()
  far.act = async (call) => {
    reached.resolve(call)
    await until(() => call.cancelled.aborted)
    return DONE
  }
  const before = far.cancellations.length
  const call = agent.call('far', 'run', {}, undefined, { signal: leave.signal }).catch(() => null)
  const { id } = await reached.promise
  leave.abort()
  await call
  await until(() => far.cancellations.length === before + 1)
  expect(far.cancellations.at(-1)).toMatchObject({ requestId: id })
})

test('a hundred calls at once each get their own answer, in whatever order and form they come', async () => {
  far.act = async ({ id, arguments: { n } }) => {
    await Bun.sleep(Math.random() * 20)
    const answer = answerTo(id, { content: [{ type: 'text', text: String(n) }] })
    return Number(n) % 2 === 0 ? json(answer) : stream(event(answer))
  }
  const results = await Promise.all(Array.from({ length: 100 }, (_, n) => agent.call('far', 'run', { n })))
  expect(results.map(text)).toEqual(Array.from({ length: 100 }, (_, n) => String(n)))
})
