import { expect, test } from 'bun:test'
import { atMostEvery } from '../../src/lib/at-most-every.ts'

function counted(ms: number) {
  const times: number[] = []
  const began = performance.now()
  const ask = atMostEvery(ms, () => void times.push(performance.now() - began))
  return { times, ask }
}

test('the first is done at once, and so is one that comes after a rest', async () => {
  const { times, ask } = counted(20)
  ask()
  expect(times).toHaveLength(1)
  await Bun.sleep(40)
  expect(times).toHaveLength(1)
  ask()
  expect(times).toHaveLength(2)
})

test('of many, however many, the first is done and then one in each span, the last one included', async () => {
  const { times, ask } = counted(50)
  const until = performance.now() + 220
  while (performance.now() < until) {
    for (let n = 0; n < 100; n++) ask()
    await Bun.sleep(1)
  }
  const lastAskedAt = performance.now()
  await Bun.sleep(120)
  expect(performance.now() - lastAskedAt).toBeGreaterThan(100)
  expect(times.length).toBeGreaterThanOrEqual(3)
  expect(times.length).toBeLessThanOrEqual(6)
  expect(times.at(-1)).toBeGreaterThan(200)
  for (const [i, at] of times.slice(1).entries()) expect(at - (times[i] ?? 0)).toBeGreaterThan(45)
})

test('what was stopped does nothing more of what was asked', async () => {
  const { times, ask } = counted(20)
  ask()
  ask()
  ask.stop()
  await Bun.sleep(50)
  expect(times).toHaveLength(1)
})
