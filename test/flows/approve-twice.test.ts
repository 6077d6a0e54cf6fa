import { afterAll, beforeAll, expect, test } from 'bun:test'
import { outcome, text } from '../harness/agent.ts'
import type { Person } from '../harness/person.ts'
import { type Stage, startStage } from '../harness/stage.ts'

let stage: Stage
let otherTab: Person
beforeAll(async () => {
  stage = await startStage()
  otherTab = await stage.app.person()
})
afterAll(() => stage.strike())

/** The record's own words on what happened to a request. */
const events = (id: string) =>
  [...stage.app.rooms.audit.events()].filter((event) => event.subject === id).map((event) => event.name)

test('approving twice from two tabs at once is one decision and one run', async () => {
  const scene = await stage.scene()
  const id = await scene.ask()
  const waiting = scene.await(id)
  const answers = await Promise.all([stage.person.decide(id, 'once'), otherTab.decide(id, 'once')])
  expect(answers.map((answer) => [answer.status, answer.headers.get('location')])).toEqual([
    [303, `/approve/${id}`],
    [303, `/approve/${id}`],
  ])
  expect(outcome(await waiting)).toBe('executed')
  expect(scene.far.calls).toHaveLength(1)
  expect(events(id)).toEqual(['call.asked', 'call.approved', 'call.started', 'call.executed'])

  expect((await stage.person.decide(id, 'once')).status).toBe(303)
  expect(outcome(await scene.await(id))).toBe('executed')
  expect(scene.far.calls).toHaveLength(1)
  expect(events(id)).toHaveLength(4)
})

test('approving against denying at once gives one of the two, and both tabs are shown which', async () => {
  const seen = new Set<string>()
  for (let round = 0; round < 10; round++) {
    const scene = await stage.scene()
    const id = await scene.ask({ round })
    const yes = () => stage.person.decide(id, 'once')
    const no = () => otherTab.decide(id, 'deny', 'Rather not.')
    await Promise.all(round % 2 ? [yes(), no()] : [no(), yes()])
    const decided = events(id).filter((name) => name === 'call.approved' || name === 'call.denied')
    expect(decided).toHaveLength(1)

    const result = await scene.await(id)
    const word = decided[0] === 'call.approved' ? 'executed' : 'denied'
    seen.add(word)
    expect(outcome(result)).toBe(word)
    expect(scene.far.calls).toHaveLength(word === 'executed' ? 1 : 0)
    for (const tab of [stage.person, otherTab]) {
      const page = (await (await tab.get(`/approve/${id}`)).text()).replace(/<[^>]*>/g, '')
      expect(page).toContain(word === 'executed' ? 'Approved once by' : 'Denied by')
      expect(page).not.toContain('Approve once')
      expect(page.includes('Rather not.')).toBe(word === 'denied')
    }
    if (word === 'denied') expect(text(result)).toContain('Rather not.')
    else expect(text(result)).not.toContain('Rather not.')
  }
  expect(seen.size).toBeGreaterThan(0)
})

test('"Always" that loses against a denial sets no policy', async () => {
  const scene = await stage.scene()
  const id = await scene.ask({ n: 1 })
  await Promise.all([otherTab.decide(id, 'deny'), stage.person.decide(id, 'always')])
  const denied = outcome(await scene.await(id)) === 'denied'
  expect(outcome(await scene.call({ n: 2 }))).toBe(denied ? 'approval_required' : 'executed')
  const late = await stage.scene()
  const lateId = await late.ask({ n: 1 })
  await otherTab.decide(lateId, 'deny')
  await stage.person.decide(lateId, 'always')
  expect(outcome(await late.call({ n: 2 }))).toBe('approval_required')
})

test('denying after the approval was given stops nothing that the approval began', async () => {
  const scene = await stage.scene()
  const id = await scene.ask()
  await stage.person.decide(id, 'once')
  await otherTab.decide(id, 'deny', 'Too late.')
  expect((await stage.page(id)).text).toContain('Approved once by')
  expect(outcome(await scene.await(id))).toBe('executed')
  expect((await stage.row(id)).reason).toBeNull()
})
