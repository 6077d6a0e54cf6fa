import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import type { APPLY_FAIL_POINTS } from '../../src/lib/fail-point.ts'
import { Desk } from '../harness/desk.ts'
import { FarEnd } from '../harness/far-end.ts'
import { allRows } from '../harness/tables.ts'

// All of a file or nothing of it: beside others, and through kill -9.

let desk: Desk
let far: FarEnd
beforeEach(async () => {
  desk = await Desk.open()
  far = new FarEnd([{ name: 'pay' }, { name: 'refund' }]).start()
  await desk.addOwn('bank', far.url)
  await desk.addOwn('old', far.url)
  await desk.ok(['policy', 'set', 'bank', 'pay', 'deny'])
})
afterEach(async () => {
  await far.stop()
  desk.close()
})

const own = () => `url: "${far.url}", allow_private: ["127.0.0.1:${far.port}"]`
const withNew = (policies: string) =>
  `version: 1\nconnections:\n  bank: {${own()}, policies: ${policies}}\n  new: {${own()}, policies: {refund: allow}}\n`

describe('whoever changes something between the look and the deed', () => {
  test.each([
    ['a rule of the file', ['policy', 'set', 'bank', 'pay', 'allow'], []],
    ['a connection of the file', ['integration', 'remove', 'bank'], []],
    ['a connection that would go', ['integration', 'remove', 'old'], ['--prune']],
  ])(
    'as %s: nothing is done, and it is said',
    async (_, change, flags) => {
      let meanwhile: Promise<string> | null = null
      let inBetween = ''
      // The new connection's server is asked after the look.
      far.refuse = async () => {
        meanwhile ??= desk.ok(change).then(() => desk.exported())
        inBetween = await meanwhile
        return null
      }
      const { code, stdout, stderr } = await desk.admin([
        'apply',
        desk.file(withNew('{pay: require_approval}')),
        ...flags,
      ])
      expect(stdout).toContain('+ connection new ')
      expect(stdout).not.toContain('Applied.')
      expect([code, stderr]).toEqual([1, 'Something was changed meanwhile, so nothing is done: apply again.\n'])
      expect(await desk.exported()).toBe(inBetween)
      expect(inBetween).not.toContain('new:')
    },
    60_000,
  )

  test('as something else: it is done', async () => {
    let meanwhile: Promise<string> | null = null
    far.refuse = async () => {
      meanwhile ??= desk.ok(['policy', 'set', 'old', 'pay', 'deny'])
      await meanwhile
      return null
    }
    expect(await desk.apply(withNew('{pay: require_approval}'))).toContain('Applied.')
  }, 60_000)
})

test('of files that are applied at once, what is there in the end is one of them, whole', async () => {
  const files = ['{pay: allow, refund: deny}', '{pay: deny, refund: allow}'].map((policies, i) =>
    desk.file(withNew(policies), `${i}.yaml`),
  )
  const alone = await Promise.all(
    files.map(async (path) => {
      const other = await Desk.open()
      await other.ok(['apply', path])
      const exported = await other.exported()
      other.close()
      return exported
    }),
  )
  const runs = await Promise.all([...files, ...files].map((path) => desk.admin(['apply', path, '--prune'])))
  expect(runs.filter(({ code }) => code === 0).length).toBeGreaterThan(0)
  for (const { code, stderr } of runs)
    if (code !== 0) expect(stderr).toBe('Something was changed meanwhile, so nothing is done: apply again.\n')
  expect(alone).toContain(await desk.exported())
  await desk.ok(['audit', 'verify'])
}, 60_000)

describe('kill -9', () => {
  const dyingAt = (point: `${(typeof APPLY_FAIL_POINTS)[number]}:${number}`) =>
    desk.admin(['apply', desk.file(withNew('{pay: allow, refund: deny}')), '--prune'], {
      env: { AGENTPORT_FAIL_POINTS: point },
    })

  test('at any of its changes leaves nothing of it', async () => {
    const before = allRows(desk.data)
    for (const nth of [1, 2, 3, 4, 5] as const) {
      expect((await dyingAt(`applying:${nth}`)).code).toBe(137)
      expect(allRows(desk.data)).toEqual(before)
    }
    await desk.ok(['audit', 'verify'])
  }, 60_000)

  test('after them leaves all of it', async () => {
    expect((await dyingAt('applied:1')).code).toBe(137)
    expect(await desk.apply(withNew('{pay: allow, refund: deny}'), '--prune')).toBe('Nothing to change.\n')
    await desk.ok(['audit', 'verify'])
  }, 60_000)
})
