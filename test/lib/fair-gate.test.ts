import { beforeEach, expect, test } from 'bun:test'
import { createFairGate, type FairGate, type Pass } from '../../src/lib/fair-gate.ts'

const URL = 'http://localhost/mcp'
let gate: FairGate

beforeEach(() => {
  // An hour instead of 50 ms: on a busy machine a moment is soon over.
  gate = createFairGate(3_600_000)
})

type Entered = ReturnType<FairGate['enter']>
const enter = (owner: string, request = new Request(URL)): Entered => gate.enter(owner, request)
const atOnce = (entered: Entered): Pass => {
  if (entered instanceof Promise || entered === 'full') throw new Error('Not let in at once')
  return entered
}
const crowd = (owner: string, size = 64) => Array.from({ length: size }, () => atOnce(enter(owner)))
const inLine = (entered: Entered): Promise<Pass | 'gone'> => {
  if (!(entered instanceof Promise)) throw new Error('Not in line')
  return entered
}
/** What became of each so far. */
async function sofar(waiting: Promise<unknown>[]): Promise<unknown[]> {
  await Bun.sleep(5)
  return Promise.all(waiting.map((each) => Promise.race([each, Promise.resolve('waits')])))
}

test('64 of one caller are let in at once; the next stands in line until one leaves', async () => {
  const passes = crowd('a')
  const next = inLine(enter('a'))
  expect(await sofar([next])).toEqual(['waits'])
  passes[10]?.leave()
  expect(await sofar([next])).not.toEqual(['waits'])
})

test('another caller is let in at once, whatever the first one’s line', () => {
  crowd('a')
  for (let i = 0; i < 100; i++) inLine(enter('a'))
  crowd('b')
})

test('the line is first come, first served, and nobody slips in past it', async () => {
  const passes = crowd('a')
  const line = [inLine(enter('a')), inLine(enter('a'))]
  passes[0]?.leave()
  const late = inLine(enter('a'))
  const [first, second, third] = await sofar([...line, late])
  expect([typeof first, second, third]).toEqual(['object', 'waits', 'waits'])
})

test('what is open longer than 50 ms waits for somebody else and counts no more', async () => {
  gate = createFairGate()
  crowd('a')
  const next = inLine(enter('a'))
  const from = performance.now()
  expect(await next).not.toBe('gone')
  expect(performance.now() - from).toBeGreaterThan(40)
  expect(performance.now() - from).toBeLessThan(1_000)
  crowd('a', 63)
})

test('on a busy machine it counts for longer: what has not had its turn makes no room', async () => {
  gate = createFairGate()
  crowd('a')
  const second = Array.from({ length: 64 }, () => inLine(enter('a')))
  const next = inLine(enter('a'))
  let isIn = false
  void next.then(() => {
    isIn = true
  })
  await Promise.all(second)
  for (let turn = 0; turn < 6; turn++) {
    const end = performance.now() + 30
    while (performance.now() < end);
    await Bun.sleep(0)
  }
  expect(isIn).toBe(false)
  expect(await next).not.toBe('gone')
})

test('a caller that leaves twice makes room once', async () => {
  const passes = crowd('a')
  const line = [inLine(enter('a')), inLine(enter('a'))]
  passes[0]?.leave()
  passes[0]?.leave()
  expect(typeof (await sofar(line))[0]).toBe('object')
  expect((await sofar(line))[1]).toBe('waits')
})

test('a client that hangs up leaves the line', async () => {
  const passes = crowd('a')
  const client = new AbortController()
  const gone = inLine(enter('a', new Request(URL, { signal: client.signal })))
  const next = inLine(enter('a'))
  client.abort()
  expect(await gone).toBe('gone')
  passes[0]?.leave()
  expect(await sofar([next])).not.toEqual(['waits'])
})

test('the line has an end: 2,000 requests', () => {
  crowd('a')
  for (let i = 0; i < 2_000; i++) inLine(enter('a'))
  expect(enter('a')).toBe('full')
  atOnce(enter('b'))
})

test('nor does it hold more than 64 MB of bodies, and one of unknown length counts as a megabyte', () => {
  const post = (length?: number) =>
    new Request(URL, {
      method: 'POST',
      body: 'x',
      headers: length === undefined ? {} : { 'content-length': `${length}` },
    })
  crowd('a')
  for (let i = 0; i < 15; i++) inLine(enter('a', post(4 * 1024 * 1024)))
  for (let i = 0; i < 4; i++) inLine(enter('a', post()))
  expect(enter('a', post())).toBe('full')
  expect(enter('a', post(1))).toBe('full')
  inLine(enter('a'))
})

test('5,000 requests of one caller may be open, and those that left are not', async () => {
  gate = createFairGate(1)
  const passes: Pass[] = []
  while (passes.length < 5_000) {
    const entered = enter('a')
    passes.push(entered instanceof Promise ? ((await entered) as Pass) : atOnce(entered))
  }
  expect(enter('a')).toBe('full')
  passes[0]?.leave()
  expect(enter('a')).not.toBe('full')
}, 15_000)

test('one at a time, a caller never waits, however fast it is', () => {
  for (let i = 0; i < 10_000; i++) atOnce(enter('a')).leave()
})
