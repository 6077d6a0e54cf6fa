import { afterAll, beforeAll, expect, test } from 'bun:test'
import { type App, startApp } from '../harness/app.ts'
import { FarEnd } from '../harness/far-end.ts'
import { Wire } from '../harness/wire.ts'

let app: App
let far: FarEnd

beforeAll(async () => {
  far = new FarEnd([{ name: 'ask' }]).start()
  app = await startApp()
  await app.install('far', far.url)
})
afterAll(async () => {
  await app.stop()
  await far.stop()
})

/** What a stream says until it ends, and when each part of it came. */
async function listen(response: Response): Promise<{ at: number; said: string }[]> {
  const started = performance.now()
  const heard: { at: number; said: string }[] = []
  const decoder = new TextDecoder()
  for await (const chunk of response.body ?? []) {
    heard.push({ at: performance.now() - started, said: decoder.decode(chunk as Uint8Array, { stream: true }) })
  }
  return heard
}

// The keep-alive of the SDK runs by the real clock, so this one test takes as long as it says.
test('a wait longer than 15 s sends comments in both generations, and progress to who asked for it', async () => {
  const older = new Wire(app.origin, (await app.newKey()).key)
  await older.initialize()
  // Another session of the same key: within one session no two requests may have one id.
  const again = new Wire(app.origin, older.key)
  await again.initialize()
  const newer = new Wire(app.origin, (await app.newKey()).key)
  const ask = async (wire: Wire, generation: '2025' | '2026') =>
    String((await wire.call(generation, 'far', 'ask', '{}'))._meta?.['agentport/request_id'])
  const params = (id: string, more: string) =>
    `{"name":"agentport__await_approval","arguments":{"request_id":"${id}","timeout_seconds":16.5}${more}}`
  const [olderId, newerId] = [await ask(older, '2025'), await ask(newer, '2026')]
  const name = 'agentport__await_approval'
  const answers = await Promise.all([
    older.request('tools/call', params(olderId, ',"_meta":{"progressToken":"p1"}')),
    newer.modern('tools/call', params(newerId, ''), { name, meta: { progressToken: 7 } }),
    again.request('tools/call', params(olderId, '')),
    newer.modern('tools/call', params(newerId, ''), { name }),
  ])
  for (const answer of answers) expect(answer.headers.get('content-type')).toStartWith('text/event-stream')
  const heard = await Promise.all(answers.map(listen))
  for (const parts of heard) {
    // The headers and a first comment come at once, so that no proxy and no client takes the wait for a dead server.
    expect(parts[0]?.at).toBeLessThan(1_000)
    const comment = parts.find(({ at, said }) => at > 10_000 && /^:/m.test(said))
    expect(comment?.at).toBeLessThan(16_200)
    expect(parts.at(-1)?.said).toContain('"agentport/outcome":"pending"')
  }
  const progress = heard.map((parts) => parts.filter(({ said }) => said.includes('notifications/progress')))
  expect(progress.map((each) => each.length)).toEqual([1, 1, 0, 0])
  expect(progress[0]?.[0]?.said).toContain('"progressToken":"p1"')
  expect(progress[1]?.[0]?.said).toContain('"progressToken":7')
}, 25_000)
