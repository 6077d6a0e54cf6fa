import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { outcome, requestId, text } from '../harness/agent.ts'
import { until } from '../harness/everything.ts'
import { HOUR_MS, MINUTE_MS, type Stage, startStage } from '../harness/stage.ts'

const DAY_MS = 24 * HOUR_MS

let stage: Stage
beforeAll(async () => {
  stage = await startStage()
})
afterAll(() => stage.strike())

test('a request that nobody decides for 60 minutes expires while its agent waits, and the agent is told so', async () => {
  const scene = await stage.scene()
  const id = await scene.ask()
  await stage.clock.advance(60 * MINUTE_MS - 5_000)
  const lapsesAt = (await stage.row(id)).expiresAt ?? 0
  const waiting = scene.await(id, 20)
  await until(() => stage.clock.due.includes(lapsesAt))
  expect((await stage.row(id)).state).toBe('pending')

  await stage.clock.advance(5_000)
  const expired = await waiting
  expect(outcome(expired)).toBe('expired')
  expect(expired.isError).toBe(true)
  expect(text(expired)).toContain('Nobody decided in time.')
  expect(text(expired)).toContain('It did not run.')
  expect(scene.far.calls).toHaveLength(0)
})

test('an approval that is not used for 60 minutes expires and runs nothing', async () => {
  const scene = await stage.scene()
  const id = await scene.ask({ a: 1 })
  await stage.clock.advance(30 * MINUTE_MS)
  await stage.person.decide(id, 'once')
  await stage.clock.advance(60 * MINUTE_MS)

  const expired = await scene.await(id)
  expect(outcome(expired)).toBe('expired')
  expect(expired.isError).toBe(true)
  expect(text(expired)).toContain('not used in time')
  const again = await scene.call({ a: 1 })
  expect(outcome(again)).toBe('approval_required')
  expect(requestId(again)).not.toBe(id)
  expect(scene.far.calls).toHaveLength(0)
})

test('an approval is good until its last moment', async () => {
  const scene = await stage.scene()
  const id = await scene.ask()
  await stage.person.decide(id, 'once')
  await stage.clock.advance(60 * MINUTE_MS - 1)
  expect(outcome(await scene.await(id))).toBe('executed')
  expect(scene.far.calls).toHaveLength(1)
})

test('approving too late brings nothing back, and the page says that it expired', async () => {
  const scene = await stage.scene()
  const id = await scene.ask()
  const { expiresAt } = await stage.row(id)
  await stage.clock.advance((expiresAt ?? 0) - stage.clock.now())
  expect((await stage.app.rooms.approvals.decide(stage.app.userId, id, { mode: 'once' })).decided).toBe(false)
  expect((await stage.person.decide(id, 'always')).status).toBe(303)

  const page = await stage.page(id)
  expect(page.asks).toBe(false)
  expect(page.text).toContain('Nobody decided in time')
  expect(outcome(await scene.await(id))).toBe('expired')
  expect(scene.far.calls).toHaveLength(0)
  // "Always" was part of a decision that came too late, so it set nothing.
  expect(outcome(await scene.call())).toBe('approval_required')
})

test('a lapsed request offers no decision, even between two rounds of housekeeping', async () => {
  const scene = await stage.scene()
  await stage.clock.advance(MINUTE_MS / 2)
  const id = await scene.ask()
  expect((await stage.page(id)).asks).toBe(true)
  const { expiresAt } = await stage.row(id)
  await stage.clock.advance((expiresAt ?? 0) - stage.clock.now())
  expect((await stage.page(id)).asks).toBe(false)
  expect(await (await stage.person.get('/')).text()).not.toContain(`/approve/${id}/decision`)
})

test('asking again after the request expired asks anew', async () => {
  const scene = await stage.scene()
  const id = await scene.ask({ a: 1 })
  await stage.clock.advance(60 * MINUTE_MS)
  const again = await scene.call({ a: 1 })
  expect(outcome(again)).toBe('approval_required')
  expect(requestId(again)).not.toBe(id)
})

describe('with times of the person’s own', () => {
  const keptMs = 90 * DAY_MS
  const DEFAULTS = { pendingMs: HOUR_MS, approvedMs: HOUR_MS, keptMs }

  test('both settings are respected', async () => {
    const scene = await stage.scene()
    const saved = await stage.person.post('/settings', { pending_minutes: '3', approved_minutes: '2', kept_days: '90' })
    expect(saved.status).toBe(303)
    expect(await stage.app.rooms.approvals.limits(stage.app.userId)).toEqual({
      pendingMs: 3 * MINUTE_MS,
      approvedMs: 2 * MINUTE_MS,
      keptMs,
    })

    const [undecided, approved] = [await scene.ask({ n: 1 }), await scene.ask({ n: 2 })]
    await stage.clock.advance(2 * MINUTE_MS)
    await stage.person.decide(approved, 'once')
    await stage.clock.advance(MINUTE_MS)
    expect(outcome(await scene.await(undecided, 1))).toBe('expired')
    expect((await stage.row(approved)).state).toBe('approved')
    await stage.clock.advance(MINUTE_MS)
    expect(outcome(await scene.await(approved, 1))).toBe('expired')
    expect(scene.far.calls).toHaveLength(0)
    await stage.app.rooms.approvals.setLimits(stage.app.userId, DEFAULTS)
  })

  test('nothing below a minute or above seven days is taken', async () => {
    const { approvals } = stage.app.rooms
    const set = (pendingMs: number, approvedMs: number) =>
      approvals.setLimits(stage.app.userId, { pendingMs, approvedMs, keptMs })
    for (const bad of [MINUTE_MS - 1, 7 * DAY_MS + 1, 0, -1, Number.NaN, Number.POSITIVE_INFINITY, 90_000.5]) {
      await expect(set(bad, HOUR_MS)).rejects.toThrow('between 1 minute and 7 days')
      await expect(set(HOUR_MS, bad)).rejects.toThrow('between 1 minute and 7 days')
    }
    for (const minutes of ['0', '10081', 'soon', '', '-5', '1e9']) {
      const form = { pending_minutes: minutes, approved_minutes: '60', kept_days: '90' }
      const refused = await stage.person.post('/settings', form)
      expect(refused.status).toBe(400)
    }
    expect(await approvals.limits(stage.app.userId)).toEqual(DEFAULTS)
    await set(MINUTE_MS, 7 * DAY_MS)
    expect(await approvals.limits(stage.app.userId)).toEqual({ pendingMs: MINUTE_MS, approvedMs: 7 * DAY_MS, keptMs })
    await set(DEFAULTS.pendingMs, DEFAULTS.approvedMs)
  })
})
