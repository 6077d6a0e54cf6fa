import { afterAll, beforeAll, expect, test } from 'bun:test'
import { until } from '../harness/everything.ts'
import { type Scene, type Stage, startStage } from '../harness/stage.ts'

let stage: Stage
let scene: Scene

beforeAll(async () => {
  stage = await startStage()
  scene = await stage.scene()
  await scene.policy('allow')
})
afterAll(() => stage.strike())

/** Events as they come over an open stream. */
async function listen() {
  const leave = new AbortController()
  const headers = { cookie: stage.person.cookie }
  const { body } = await fetch(`${stage.app.origin}/events`, { headers, signal: leave.signal })
  const heard: { name: string; at: number }[] = []
  const decoder = new TextDecoder()
  void (async () => {
    for await (const chunk of body ?? [])
      for (const [, name = ''] of decoder.decode(chunk).matchAll(/^event: (.+)$/gm))
        heard.push({ name, at: performance.now() })
  })().catch(() => {})
  return { heard, leave: () => leave.abort() }
}

test('a storm of allowed calls is told of twice a second, and its end too', async () => {
  const { heard, leave } = await listen()
  const began = performance.now()
  let calls = 0
  while (performance.now() - began < 1_600) {
    await Promise.all(Array.from({ length: 10 }, () => scene.call({ n: calls++ })))
  }
  const ended = performance.now()
  await until(() => (heard.at(-1)?.at ?? 0) > ended)
  expect(calls).toBeGreaterThan(100)
  expect(heard.length).toBeLessThanOrEqual(Math.ceil((performance.now() - began) / 500) + 1)
  expect(heard.length).toBeGreaterThanOrEqual(3)
  leave()
})

test('after a rest a change is told of at once', async () => {
  const { heard, leave } = await listen()
  await Bun.sleep(600)
  const asked = performance.now()
  await scene.call({ alone: true })
  await until(() => heard.length > 0)
  expect((heard[0]?.at ?? 0) - asked).toBeLessThan(250)
  leave()
})

test('of many open pages each is told, none more often for the others', async () => {
  const pages = await Promise.all(Array.from({ length: 20 }, listen))
  const began = performance.now()
  for (let n = 0; n < 50; n++) await scene.call({ n, many: true })
  await until(() => pages.every(({ heard }) => heard.length > 1))
  const most = Math.ceil((performance.now() - began) / 500) + 1
  for (const { heard, leave } of pages) {
    expect(heard.length).toBeLessThanOrEqual(most)
    leave()
  }
})
