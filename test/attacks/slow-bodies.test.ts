import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { BODY_WITHIN_MS, LOOK_EVERY_MS } from '../../src/lib/request-body.ts'
import { type App, startApp } from '../harness/app.ts'
import { until } from '../harness/everything.ts'
import { type RawConnection, rawConnection, statuses } from '../harness/raw-connection.ts'
import { TestClock } from '../harness/test-clock.ts'
import { Wire } from '../harness/wire.ts'

const clock = new TestClock()
let app: App
let key: string

beforeAll(async () => {
  app = await startApp({ clock })
  key = (await app.newKey()).key
})
afterAll(() => app.stop())

const LIST = '{"jsonrpc":"2.0","id":1,"method":"tools/list"}'
const FORM = 'email=owner%40example.org&password=x'
const host = () => `Host: ${new URL(app.origin).host}\r\n`
const mcpHead = (credential = key) =>
  `POST /mcp HTTP/1.1\r\n${host()}X-API-Key: ${credential}\r\nContent-Type: application/json\r\nAccept: application/json, text/event-stream\r\n`
const formHead = () =>
  `POST /sign-in HTTP/1.1\r\n${host()}Sec-Fetch-Site: same-origin\r\nContent-Type: application/x-www-form-urlencoded\r\n`
/** The beginning of a body, and a promise of more. */
const declared = (head: string, body: string) => `${head}Content-Length: ${body.length + 1}\r\n\r\n${body}`
const chunked = (head: string, body: string) =>
  `${head}Transfer-Encoding: chunked\r\n\r\n${body.length.toString(16)}\r\n${body}\r\n`
/** Long enough for the server to have read what was sent. */
const settle = () => Bun.sleep(100)
const ALLOWED_MS = BODY_WITHIN_MS - LOOK_EVERY_MS

describe('a body that does not arrive within 30 s is given up, and its connection closed', () => {
  test.each([
    ['for an agent, of declared length', () => declared(mcpHead(), LIST)],
    ['for an agent, in chunks', () => chunked(mcpHead(), LIST)],
    ['for a form, of declared length', () => declared(formHead(), FORM)],
    ['for a form, in chunks', () => chunked(formHead(), FORM)],
    ['of which nothing has come', () => declared(mcpHead(), '').replace('Length: 1', 'Length: 100')],
  ])('%s', async (_, bytes) => {
    const slow = rawConnection(app.origin, bytes())
    await settle()
    await clock.advance(ALLOWED_MS - 1)
    await settle()
    expect(slow.received()).toBe('')
    await clock.advance(LOOK_EVERY_MS + 1)
    expect(statuses(await slow.closed)).toEqual([408])
    expect(slow.received()).toContain('Connection: close')
  })

  test('however steadily it trickles', async () => {
    const slow = rawConnection(app.origin, `${mcpHead()}Content-Length: 1000\r\n\r\n`)
    await settle()
    for (let second = 0; second < 30; second++) {
      if (second * 1_000 < ALLOWED_MS) expect(slow.received()).toBe('')
      slow.write(' ')
      await clock.advance(1_000)
    }
    expect(statuses(await slow.closed)).toEqual([408])
  })

  test('and one that is only slow is taken', async () => {
    const slow = rawConnection(app.origin, declared(mcpHead(), LIST))
    await settle()
    await clock.advance(ALLOWED_MS - 1)
    slow.write(' ')
    await until(() => slow.received().includes('Mcp-Session-Id'))
    slow.hangUp()
  })

  test('counted for each by itself', async () => {
    const first = rawConnection(app.origin, declared(mcpHead(), LIST))
    await settle()
    await clock.advance(20_000)
    const second = rawConnection(app.origin, declared(mcpHead(), LIST))
    await settle()
    await clock.advance(10_000)
    expect(statuses(await first.closed)).toEqual([408])
    await clock.advance(ALLOWED_MS - 10_001)
    await settle()
    expect(second.received()).toBe('')
    await clock.advance(LOOK_EVERY_MS + 1)
    expect(statuses(await second.closed)).toEqual([408])
  })
})

describe('half-sent bodies hold a bounded memory', () => {
  const over = async (connections: RawConnection[], most: number) => {
    const closed = () => connections.filter((each) => statuses(each.received()).length > 0)
    await until(() => closed().length === connections.length - most, 5_000)
    await settle()
    // The oldest were given up, and none of the others.
    expect(closed()).toEqual(connections.slice(0, connections.length - most))
    for (const each of connections) each.hangUp()
    await settle()
  }

  test('256 of one key, and the oldest goes for one more', async () => {
    const connections: RawConnection[] = []
    for (let i = 0; i < 260; i++) {
      connections.push(rawConnection(app.origin, declared(mcpHead(), LIST)))
      if (i % 20 === 0) await Bun.sleep(20)
    }
    await over(connections, 256)
  })

  test.each([
    ['declared', (size: number) => `${mcpHead()}Content-Length: ${size + 1}\r\n\r\n${' '.repeat(size)}`],
    ['in chunks', (size: number) => chunked(mcpHead(), ' '.repeat(size))],
  ])('32 MB of one key, when they are large and their length is %s', async (_, bytes) => {
    const connections: RawConnection[] = []
    for (let i = 0; i < 12; i++) {
      connections.push(rawConnection(app.origin, bytes(3_500_000)))
      await settle()
    }
    await over(connections, 9)
  })

  test('and another key, whose own is half sent too, loses nothing by it', async () => {
    const other = rawConnection(app.origin, declared(mcpHead((await app.newKey('other')).key), LIST))
    await settle()
    const crowd = Array.from({ length: 300 }, () => rawConnection(app.origin, declared(mcpHead(), LIST)))
    await until(() => crowd.filter((each) => each.received() !== '').length === 44, 5_000)
    other.write(' ')
    await until(() => other.received().includes('Mcp-Session-Id'))
    for (const each of [other, ...crowd]) each.hangUp()
  })

  test('strangers who hold half-sent forms keep nobody from signing in', async () => {
    const crowd = Array.from({ length: 400 }, () => rawConnection(app.origin, declared(formHead(), FORM)))
    await settle()
    expect((await app.person()).cookie).not.toBe('')
    for (const each of crowd) each.hangUp()
  })
})

test('a client that hangs up in the middle of a body leaves no error behind', async () => {
  const errors: string[] = []
  const loud = await startApp({ logger: { info() {}, error: (message) => errors.push(message) } })
  const { key: its } = await loud.newKey()
  for (const bytes of [declared(mcpHead(its), LIST), chunked(mcpHead(its), LIST), declared(formHead(), FORM)]) {
    const gone = rawConnection(loud.origin, bytes.replaceAll(host(), `Host: ${new URL(loud.origin).host}\r\n`))
    await settle()
    gone.hangUp()
    await settle()
  }
  expect((await new Wire(loud.origin, its).send(LIST)).status).toBe(400)
  expect(errors).toEqual([])
  await loud.stop()
})

test('headers that never end are cut off by the runtime, however they trickle', async () => {
  const trickling = rawConnection(app.origin, `POST /mcp HTTP/1.1\r\n${host()}X-Slow: `)
  const silent = rawConnection(app.origin, `POST /mcp HTTP/1.1\r\n${host()}`)
  const beat = setInterval(() => trickling.write('a'), 500)
  const from = performance.now()
  expect(await Promise.all([trickling.closed, silent.closed])).toEqual(['', ''])
  clearInterval(beat)
  expect(performance.now() - from).toBeLessThan(16_000)
}, 20_000)
