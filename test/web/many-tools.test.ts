import { Database } from 'bun:sqlite'
import { afterAll, beforeAll, expect, test } from 'bun:test'
import { join } from 'node:path'
import { type App, startApp } from '../harness/app.ts'
import { FarEnd } from '../harness/far-end.ts'
import type { Person } from '../harness/person.ts'

const CONNECTIONS = 200
const CALLS = 100_000
const MOST_BYTES = 100_000
const MOST_MS = 100
/** The best of so many counts: other tests run on the same cores. */
const TRIES = 5

const tool = (n: number) => ({
  name: `tool_${n}`,
  title: `Tool number ${n}`,
  description: `Does what number ${n} does to an invoice, a customer or a shipment. ${'And it says how that went. '.repeat(n % 20)}`,
  annotations: n % 3 === 0 ? { readOnlyHint: true } : n % 3 === 1 ? { destructiveHint: true } : {},
})
const big = new FarEnd(Array.from({ length: 500 }, (_, n) => tool(n)))
const small = new FarEnd(Array.from({ length: 23 }, (_, n) => tool(n)))
let app: App
let person: Person

beforeAll(async () => {
  app = await startApp()
  await app.install('big', big.start().url)
  const { id } = await app.install('shop', small.start().url)
  for (let n = 0; n < 23; n++)
    await app.setPolicy('shop', `tool_${n}`, (['allow', 'require_approval', 'deny'] as const)[n % 3] ?? 'deny')
  for (let n = 0; n < 150; n++) await app.setPolicy('big', `tool_${3 * n}`, 'allow')
  const agent = await app.agent()
  await agent.call('shop', 'tool_0')
  await agent.close()
  multiply(id)
  person = await app.person()
})
afterAll(async () => {
  await app.stop()
  await big.stop()
  await small.stop()
})

/** The shop with its tools and policies a hundred times over, and the one call of it a hundred thousand times. */
function multiply(shopId: string) {
  const sqlite = new Database(join(app.dataDir, 'agentport.db'))
  const copy = (table: string, over: { [column: string]: string }, from: string) => {
    const columns = sqlite.query(`SELECT name FROM pragma_table_info('${table}')`).all() as { name: string }[]
    const names = columns.map(({ name }) => name).filter((name) => over[name] !== '')
    sqlite.run(`INSERT INTO ${table} (${names}) SELECT ${names.map((name) => over[name] ?? name)} ${from}`)
  }
  const numbers = (most: number) =>
    `(WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${most}) SELECT i FROM n)`
  const shops = (table: string) => `FROM ${table}, ${numbers(CONNECTIONS - 2)}`
  sqlite.transaction(() => {
    copy('connections', { id: "'shop' || i", slug: "'shop-' || i" }, `${shops('connections')} WHERE id = '${shopId}'`)
    const ofShop = { connection_id: "'shop' || i" }
    for (const table of ['tools', 'policies', 'seen_tools'])
      copy(table, { ...ofShop, row_id: '' }, `${shops(table)} WHERE connection_id = '${shopId}'`)
    copy(
      'requests',
      {
        id: "'call' || i",
        asked_at: 'asked_at - i',
        connection_id: `'shop' || (i % ${CONNECTIONS - 2})`,
        tool_name: "'tool_' || (i % 19)",
      },
      `FROM (SELECT * FROM requests LIMIT 1), ${numbers(CALLS)}`,
    )
    sqlite.run(
      'INSERT OR REPLACE INTO last_calls SELECT user_id, connection_id, tool_name, max(asked_at) FROM requests GROUP BY 1, 2, 3',
    )
  })()
  sqlite.close()
}

test('so many connections, tools and calls there are', async () => {
  const { upstreams, approvals } = app.rooms
  expect(await upstreams.connections(app.userId)).toHaveLength(CONNECTIONS)
  expect((await upstreams.toolHashes(app.userId)).length).toBeGreaterThan(5_000)
  expect((await approvals.history.lastCalls(app.userId)).length).toBeGreaterThan(3_500)
})

test.each([
  '/connections',
  '/connections?from=100',
  '/connections?query=shop-17',
  '/connections/big',
  '/connections/big?filter=tool_1',
  '/connections/big?group=reads&from=90',
  '/connections/big/tools?policy=allow',
  '/connections/big/tools/more?group=unsaid&from=30',
  '/connections/big/bulk?mode=allow',
  '/connections/big/bulk?mode=deny&group=reads',
  '/connections/shop-7',
  '/policies',
  '/policies?from=100',
  '/policies?show=alone',
  '/policies?show=unused',
  '/policies?show=denied&from=900',
  '/policies?connection=big',
  '/policies/tools?connection=big&from=30',
  '/catalogue',
])('%s is under 100 kB and 100 ms with 200 connections, 5,000 tools and 100,000 calls', async (path) => {
  let bestMs = Number.POSITIVE_INFINITY
  for (let n = 0; n < TRIES; n++) {
    const began = performance.now()
    const answer = await person.get(path)
    const { byteLength } = await answer.arrayBuffer()
    bestMs = Math.min(bestMs, performance.now() - began)
    expect([path, answer.status]).toEqual([path, 200])
    expect(byteLength).toBeLessThan(MOST_BYTES)
  }
  expect(bestMs).toBeLessThan(MOST_MS)
})

test('a click on a policy is answered as quickly, on both pages', async () => {
  const [first] = await app.rooms.upstreams.tools((await app.rooms.upstreams.find(app.userId, 'big'))?.id ?? '')
  for (const back of ['/connections/big', '/policies']) {
    let bestMs = Number.POSITIVE_INFINITY
    for (let n = 0; n < TRIES; n++) {
      const form = { tool: 'tool_0', mode: n % 2 ? 'allow' : 'deny', definition: first?.definitionHash ?? '', back }
      const began = performance.now()
      const answer = await person.post('/connections/big/policies', form, { 'hx-request': 'true' })
      expect((await answer.text()).length).toBeLessThan(5_000)
      bestMs = Math.min(bestMs, performance.now() - began)
      expect(answer.status).toBe(200)
    }
    expect(bestMs).toBeLessThan(MOST_MS)
  }
})

test('each tool of all is reached from the page of all policies, and each once', async () => {
  const seen: string[] = []
  const read = async (path: string) => (await (await person.get(path)).text()).replaceAll('&amp;', '&')
  for (const start of ['/policies/tools?connection=big', '/policies/tools?show=denied']) {
    let path: string | null = start
    while (path !== null) {
      const html = await read(path)
      seen.push(...[...html.matchAll(/id="(tool-[^"]+)"/g)].map(([, id]) => `${start} ${id}`))
      path = /hx-get="([^"]+)"/.exec(html)?.[1] ?? null
    }
  }
  expect(new Set(seen).size).toBe(seen.length)
  // The test before may have left one of the big ones denied.
  expect(seen.filter((each) => each.includes('connection=big'))).toHaveLength(500)
  expect(seen.filter((each) => each.includes('show=denied') && !each.includes('tool-big'))).toHaveLength(
    7 * (CONNECTIONS - 1),
  )
})
