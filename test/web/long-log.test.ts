import { afterAll, beforeAll, expect, test } from 'bun:test'
import { seedLog } from '../../scripts/bench/seed.ts'
import { type App, startApp } from '../harness/app.ts'
import { FarEnd } from '../harness/far-end.ts'
import type { Person } from '../harness/person.ts'
import { tempDir } from '../harness/temp-dir.ts'

const CONNECTIONS = 200
const TOOLS = 5_000
const CALLS = 100_000
const MOST_BYTES = 100_000
const MOST_MS = 100
/** The best of so many counts: other tests run on the same cores. */
const TRIES = 7

const data = tempDir()
const tool = (n: number) => ({
  name: `tool_${n}`,
  title: `Tool number ${n}`,
  description: `Does what number ${n} does to an invoice, a customer or a shipment, and says how it went.`,
  inputSchema: { type: 'object', properties: { id: { type: 'string' } } },
  annotations: n % 3 === 0 ? { readOnlyHint: true } : n % 3 === 1 ? { destructiveHint: true } : {},
})
const big = new FarEnd(Array.from({ length: 500 }, (_, n) => tool(n)))
const small = new FarEnd(Array.from({ length: (TOOLS - 500) / (CONNECTIONS - 1) }, (_, n) => tool(n)))
const echo = new FarEnd([{ name: 'echo', description: 'Says it again.' }])

let app: App
let person: Person

beforeAll(async () => {
  app = await startApp({ dataDir: data.path })
  await app.install('bench', echo.start().url)
  await app.install('big', big.start().url)
  const { url } = small.start()
  for (let n = 2; n < CONNECTIONS; n++) await app.install(`shop-${n}`, url)
  await app.stop()
  await seedLog(data.path, CALLS)
  app = await startApp({ dataDir: data.path })
  for (let n = 0; n < 20; n++) await app.setPolicy('big', `tool_${n}`, n % 2 ? 'allow' : 'deny')
  const agent = await app.agent()
  for (let n = 0; n < 40; n++) await agent.call('big', 'tool_100', { id: `order ${n}` }, 'as you asked')
  await agent.close()
  person = await app.person()
}, 120_000)
afterAll(async () => {
  await app.stop()
  for (const far of [big, small, echo]) await far.stop()
  data.remove()
})

async function measure(path: string) {
  let bestMs = Number.POSITIVE_INFINITY
  let bytes = 0
  for (let n = 0; n < TRIES; n++) {
    const began = performance.now()
    const answer = await person.get(path)
    bytes = (await answer.arrayBuffer()).byteLength
    bestMs = Math.min(bestMs, performance.now() - began)
    expect([path, answer.status]).toEqual([path, 200])
  }
  return { bytes, bestMs }
}

test.each([
  '/',
  '/home/waiting',
  '/home/recent',
  '/log',
  '/log?tool=tool_7',
  '/log?q=brown+fox',
  '/log?q=nowhere+to+be+found',
  '/home/numbers',
  '/home/to-do',
  '/connections/big/tool?name=tool_3',
  '/playground',
  '/playground?connection=big&tool=tool_3',
  '/catalogue?query=mail',
  '/agents',
  '/connect',
  '/settings',
  '/api/docs',
])(`%s is under 100 kB and 100 ms with ${CONNECTIONS} connections, ${TOOLS} tools and ${CALLS} calls`, async (path) => {
  const { bytes, bestMs } = await measure(path)
  expect(bytes).toBeLessThan(MOST_BYTES)
  expect(bestMs).toBeLessThan(MOST_MS)
  if (process.env.SHOW_FIGURES) console.log(`${path}  ${(bytes / 1000).toFixed(1)} kB  ${bestMs.toFixed(1)} ms`)
})

test('so is a request that waits among them', async () => {
  const [first] = await app.rooms.approvals.waiting(app.userId)
  const { bytes, bestMs } = await measure(`/approve/${first?.id}`)
  expect(bytes).toBeLessThan(MOST_BYTES)
  expect(bestMs).toBeLessThan(MOST_MS)
})
