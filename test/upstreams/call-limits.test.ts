import { beforeEach, describe, expect, test } from 'bun:test'
import { CallLimits, MOST_AT_ONCE, MOST_IN_LINE_OF_AGENT, type Place } from '../../src/upstreams/call-limits.ts'
import { TestClock } from '../harness/test-clock.ts'

const S = 1_000
const WAIT_MS = 30 * S
const WORDS = {
  waited: (ms: number) => `waited ${ms / S}`,
  crowded: (waiting: number) => `crowded ${waiting}`,
  held: (ms: number) => `held ${ms / S}`,
}

let clock: TestClock
let limits: CallLimits
beforeEach(() => {
  clock = new TestClock()
  limits = new CallLimits(clock, WORDS)
})

const NOBODY = new AbortController().signal
const enter = (agent = 'a', signal = NOBODY) => limits.enter(agent, WAIT_MS, signal)
/** One that is in at once. */
function inside(agent = 'a'): Place {
  const place = enter(agent)
  if (typeof place === 'string' || place instanceof Promise) throw new Error(`${agent} has to wait`)
  return place
}
/** Those of so many that are in at once; the others stand in line. */
function crowd(agent: string, count: number) {
  const places: Place[] = []
  const waiting: Promise<Place | string>[] = []
  const refused: string[] = []
  for (let n = 0; n < count; n++) {
    const entered = enter(agent)
    if (typeof entered === 'string') refused.push(entered)
    else if (entered instanceof Promise) waiting.push(entered)
    else places.push(entered)
  }
  return { places, waiting, refused }
}
const settled = () => Bun.sleep(0)
/** What has come of a promise by now. */
async function now<T>(promise: Promise<T>): Promise<T | 'waits'> {
  await settled()
  return Promise.race([promise, Promise.resolve('waits' as const)])
}

describe('how many at once', () => {
  test('whoever comes alone is in at once, without a promise or a timer', () => {
    for (let n = 0; n < 1_000; n++) inside().leave(true)
    expect(clock.due).toEqual([])
    expect(limits.isIdle).toBe(true)
  })

  test('one agent takes most of the places and never all: another finds one at once', () => {
    const { places, waiting } = crowd('a', 200)
    expect(places.length).toBe(48)
    expect(waiting.length).toBe(MOST_IN_LINE_OF_AGENT)
    inside('b')
    inside('c')
  })

  test('however many crowd, there are never more under way than may be', () => {
    let under = 0
    for (let agent = 0; agent < 50; agent++) under += crowd(`agent ${agent}`, 100).places.length
    expect(under).toBeLessThanOrEqual(MOST_AT_ONCE)
    expect(under).toBeGreaterThan(MOST_AT_ONCE - 5)
  })

  test('places that become free go round, one to each agent that waits, however many wait of one', async () => {
    limits.limited(1 * S)
    const order: string[] = []
    for (const [agent, count] of [
      ['a', 20],
      ['b', 3],
      ['c', 3],
    ] as const) {
      for (const each of crowd(agent, count).waiting)
        void each.then((place) => {
          order.push(agent)
          if (typeof place !== 'string') place.leave(false)
        })
    }
    await clock.advance(10 * S)
    expect(order.join('').slice(0, 12)).toBe('abcabcabcaaa')
  })

  test('of two crowds neither has many more under way than the other', async () => {
    const first = crowd('a', 100)
    const second = crowd('b', 100)
    const under = { a: first.places.length, b: second.places.length }
    for (const each of first.waiting) void each.then(() => under.a++)
    for (const each of second.waiting) void each.then(() => under.b++)
    for (const place of first.places) {
      place.leave(true)
      under.a--
      await settled()
    }
    expect(Math.abs(under.a - under.b)).toBeLessThanOrEqual(4)
    expect(under.a + under.b).toBeGreaterThan(MOST_AT_ONCE - 12)
  })

  test('of one agent the first that came is the first that goes', async () => {
    const { places, waiting } = crowd('a', 60)
    const order: number[] = []
    for (const [n, each] of waiting.entries()) void each.then(() => order.push(n))
    for (const place of places) place.leave(true)
    await settled()
    expect(order).toEqual(waiting.map((_, n) => n))
  })

  test('leaving twice frees one place', async () => {
    const { places, waiting } = crowd('a', 60)
    for (let n = 0; n < 5; n++) places[0]?.leave(true)
    expect((await Promise.all(waiting.map(now))).filter((each) => each !== 'waits')).toHaveLength(1)
  })
})

describe('whoever stands in line', () => {
  test('is told so when its time is over, and is then out of it', async () => {
    const { waiting } = crowd('a', 50)
    await clock.advance(WAIT_MS - 1)
    expect(await now(waiting[0] as Promise<string>)).toBe('waits')
    await clock.advance(1)
    expect(await Promise.all(waiting)).toEqual(['waited 30', 'waited 30'])
    expect(clock.due).toEqual([])
  })

  test('knows how long it waited once it is in', async () => {
    const { places, waiting } = crowd('a', 49)
    await clock.advance(7 * S)
    places[0]?.leave(true)
    expect(await waiting[0]).toMatchObject({ waitedMs: 7 * S })
  })

  test('is out of it when its caller goes away, and leaves nothing behind', async () => {
    const { places } = crowd('a', 48)
    const gone = new AbortController()
    const waiting = enter('a', gone.signal)
    gone.abort()
    expect(await waiting).toBe('The call was cancelled before it was sent.')
    for (const place of places) place.leave(true)
    expect(clock.due).toEqual([])
    expect(limits.isIdle).toBe(true)
  })

  test('had gone away before it came: the same', async () => {
    crowd('a', 48)
    expect(await enter('a', AbortSignal.abort())).toBe('The call was cancelled before it was sent.')
    expect(clock.due).toEqual([])
  })

  test('is one of a bounded number, of one agent and of all together, and who has none there may still come', () => {
    const { waiting, refused } = crowd('a', 1_000)
    expect(waiting.length).toBe(MOST_IN_LINE_OF_AGENT)
    expect(refused[0]).toBe('crowded 100')
    let inLine = waiting.length
    for (let agent = 0; agent < 30; agent++) inLine += crowd(`agent ${agent}`, 100).waiting.length
    expect(inLine).toBeLessThan(550)
    expect(enter('one more')).toBeInstanceOf(Promise)
  })

  test('is told at once when the server fails', async () => {
    const { waiting } = crowd('a', 52)
    limits.refuseAll('it is down')
    expect(await Promise.all(waiting)).toEqual(Array(4).fill('it is down'))
    expect(clock.due).toEqual([])
  })
})

describe('a server that limits us', () => {
  test('is left alone as long as it asks, and then gets one call, then two, then more', async () => {
    limits.limited(10 * S)
    const { places, waiting } = crowd('a', 20)
    expect(places).toHaveLength(0)
    await clock.advance(10 * S - 1)
    expect(await now(waiting[0] as Promise<string>)).toBe('waits')
    const under: Place[] = []
    for (const each of waiting) void each.then((place) => typeof place !== 'string' && under.push(place))
    await clock.advance(1)
    const waves: number[] = []
    for (let wave = 0; wave < 3; wave++) {
      // What may start now starts with a little space between.
      await clock.advance(2 * S)
      waves.push(under.length)
      for (const place of under.splice(0)) place.leave(true)
    }
    expect(waves).toEqual([1, 2, 3])
  })

  test('gets no second call while the first is not answered, however long that takes', async () => {
    limits.limited(1 * S)
    const { waiting } = crowd('a', 3)
    await clock.advance(20 * S)
    const places = await Promise.all(waiting.map(now))
    expect(places.filter((each) => each !== 'waits')).toHaveLength(1)
  })

  test('and asks for longer than a call would wait: that is told at once, to who comes and who waits', async () => {
    const { waiting } = crowd('a', 50)
    limits.limited(60 * S)
    expect(await Promise.all(waiting)).toEqual(['held 60', 'held 60'])
    await clock.advance(20 * S)
    expect(enter()).toBe('held 40')
    await clock.advance(15 * S)
    expect(enter()).toBeInstanceOf(Promise)
  })

  test('without saying for how long is left alone for a second, then two, then four, up to a minute', async () => {
    const pauses: number[] = []
    for (let n = 0; n < 8; n++) {
      limits.limited(null)
      const until = limits.heldUntil(clock.now())
      pauses.push((until - clock.now()) / S)
      await clock.advance(until - clock.now())
    }
    expect(pauses).toEqual([1, 2, 4, 8, 16, 32, 60, 60])
  })

  test('says so many times over for calls that were under way: it is one limit', async () => {
    for (let n = 0; n < 40; n++) limits.limited(null)
    expect(limits.heldUntil(clock.now()) - clock.now()).toBe(1 * S)
  })

  test('is not believed to have recovered by answers to what was sent before', async () => {
    const { places } = crowd('a', 40)
    limits.limited(1 * S)
    for (const place of places) place.leave(true)
    await clock.advance(1 * S)
    inside()
    expect(enter()).toBeInstanceOf(Promise)
  })

  test('is called at half the rate that was too much, and slowly more often again', async () => {
    /** Calls one after the other, as soon as each may go: the pauses between their starts. */
    async function pauses(count: number): Promise<number[]> {
      const startedAt: number[] = []
      for (let n = 0; n < count; n++) {
        const entered = enter()
        let place = entered instanceof Promise ? await now(entered) : entered
        for (; place === 'waits'; place = await now(entered as Promise<Place>)) await clock.advance(10)
        startedAt.push(clock.now())
        if (typeof place !== 'string') place.leave(true)
        await clock.advance(1)
      }
      return startedAt.slice(1).map((at, n) => at - (startedAt[n] ?? 0))
    }
    for (let n = 0; n < 20; n++) {
      inside().leave(true)
      await clock.advance(100)
    }
    limits.limited(1 * S)
    const after = await pauses(40)
    expect(after[0]).toBeGreaterThanOrEqual(160)
    expect(after[0]).toBeLessThanOrEqual(240)
    expect(after[10]).toBeLessThan(after[0] ?? 0)
    expect(after.at(-1)).toBe(1)
  })

  test('is called again at once when the clock was set back: nobody waits for hours', async () => {
    limits.limited(60 * S)
    clock.setBack(60 * 60 * S)
    inside()
  })

  test('does not starve one agent for the crowd of another', async () => {
    limits.limited(1 * S)
    const many = crowd('a', 50).waiting
    const one = enter('b') as Promise<Place | string>
    let done = false
    void one.then(() => {
      done = true
    })
    for (const each of many) void each.then((place) => typeof place !== 'string' && place.leave(true))
    for (let n = 0; n < 30 && !done; n++) await clock.advance(100)
    expect(done).toBe(true)
    expect((await Promise.all(many.map(now))).filter((each) => each === 'waits').length).toBeGreaterThan(40)
  })
})

test('after all of it there is nothing left: no place, no line, no timer', async () => {
  const agents = Array.from({ length: 300 }, (_, n) => crowd(`agent ${n}`, 20))
  limits.limited(5 * S)
  for (const { places } of agents) for (const place of places) place.leave(false)
  for (const { waiting } of agents)
    for (const each of waiting) void each.then((place) => typeof place !== 'string' && place.leave(true))
  for (let n = 0; n < 100; n++) await clock.advance(S)
  expect(limits.heldUntil(clock.now())).toBe(0)
  expect(clock.due).toEqual([])
  expect(limits.isIdle).toBe(true)
})
