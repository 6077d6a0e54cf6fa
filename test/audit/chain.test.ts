import { Database } from 'bun:sqlite'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test'
import { copyFileSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { AUDIT_EVENTS, type Verification } from '../../src/audit/audit.ts'
import { silentLogger } from '../../src/lib/logger.ts'
import { buildRooms } from '../../src/server/server.ts'
import { requestId } from '../harness/agent.ts'
import { operatorCommand } from '../harness/operator.ts'
import { type Stage, startStage } from '../harness/stage.ts'
import { tempDir } from '../harness/temp-dir.ts'
import { TestClock } from '../harness/test-clock.ts'
import { newestRows } from '../harness/whole-rows.ts'

/** A record of real calls, copied for each test, which then tampers with its copy. */
let dir: ReturnType<typeof tempDir>
let original: string
let copy: string
let events: { seq: number; name: string }[]
let copies = 0

const FILES = ['agentport.db', 'master.key']

beforeAll(async () => {
  dir = tempDir()
  original = join(dir.path, 'original')
  mkdirSync(original)
  const stage: Stage = await startStage()
  const scene = await stage.scene()
  for (let n = 0; n < 3; n++) {
    const id = await scene.ask({ n }, `note ${n}`)
    await stage.person.decide(id, n === 1 ? 'deny' : 'once', 'a reason')
    await scene.await(id)
  }
  await scene.policy('allow')
  await scene.call({ n: 9 })
  events = [...stage.app.rooms.audit.events()]
  stage.app.rooms.store.copyTo(join(original, 'agentport.db'))
  copyFileSync(join(stage.app.dataDir, 'master.key'), join(original, 'master.key'))
  await stage.strike()
})
afterAll(() => dir.remove())

beforeEach(() => {
  copy = join(dir.path, `copy-${++copies}`)
  mkdirSync(copy)
  for (const file of FILES) copyFileSync(join(original, file), join(copy, file))
})

/** As somebody would who can write the file, but has not the key. */
function tamper(...statements: string[]) {
  const file = new Database(join(copy, 'agentport.db'))
  for (const statement of statements) file.run(statement)
  file.close()
}

async function verify(): Promise<Verification> {
  const rooms = buildRooms({ dataDir: copy, masterKey: null, logger: silentLogger })
  const found = await rooms.audit.verify()
  rooms.store.close()
  return found
}

const middle = () => Math.ceil(events.length / 2)

test('an untouched record verifies, from the first event to the last', async () => {
  expect(events.length).toBeGreaterThan(15)
  expect(await verify()).toMatchObject({ events: events.length, fault: null })
  for (const { name } of events) expect(AUDIT_EVENTS).toContain(name as never)
})

describe('a changed event is named, whichever part of it was changed', () => {
  test.each([
    ['at', 'at + 1'],
    ['name', "'call.denied'"],
    ['actor', "'operator'"],
    ['subject', "subject || 'x'"],
    ['details', "replace(details, '{', '{ ')"],
    ['user_id', 'NULL'],
    ['mac', 'replace(mac, substr(mac, 1, 1), char(((unicode(mac) + 1) % 6) + 97))'],
  ])('%s', async (column, value) => {
    tamper(`UPDATE audit_events SET ${column} = ${value} WHERE name = 'call.approved'`)
    const first = events.find((event) => event.name === 'call.approved')?.seq ?? 0
    expect(await verify()).toMatchObject({ fault: { seq: first, fault: 'changed' }, events: first - 1 })
  })
})

test('of several changed events the first is named', async () => {
  tamper(`UPDATE audit_events SET at = at + 1 WHERE seq IN (3, 5, ${events.length})`)
  expect((await verify()).fault).toEqual({ seq: 3, fault: 'changed' })
})

test('a removed event is named', async () => {
  tamper(`DELETE FROM audit_events WHERE seq = ${middle()}`)
  expect((await verify()).fault).toEqual({ seq: middle(), fault: 'missing' })
})

test('a removed first event is named', async () => {
  tamper('DELETE FROM audit_events WHERE seq = 1')
  expect((await verify()).fault).toEqual({ seq: 1, fault: 'missing' })
})

test('removing an event and closing the gap is seen at the gap', async () => {
  tamper(
    `DELETE FROM audit_events WHERE seq = ${middle()}`,
    `UPDATE audit_events SET seq = -seq WHERE seq > ${middle()}`,
    'UPDATE audit_events SET seq = -seq - 1 WHERE seq < 0',
  )
  expect((await verify()).fault).toEqual({ seq: middle(), fault: 'changed' })
})

test('two events that changed places are seen at the first of the two', async () => {
  const [a, b] = [middle(), middle() + 1]
  tamper(
    `UPDATE audit_events SET seq = -1 WHERE seq = ${a}`,
    `UPDATE audit_events SET seq = ${a} WHERE seq = ${b}`,
    `UPDATE audit_events SET seq = ${b} WHERE seq = -1`,
  )
  expect((await verify()).fault).toEqual({ seq: a, fault: 'changed' })
})

test('an event that was put in between is seen', async () => {
  tamper(
    `UPDATE audit_events SET seq = -seq WHERE seq >= ${middle()}`,
    'UPDATE audit_events SET seq = -seq + 1 WHERE seq < 0',
    `INSERT INTO audit_events SELECT ${middle()}, at, user_id, name, actor, subject, details, mac FROM audit_events WHERE seq = ${middle() - 1}`,
  )
  expect((await verify()).fault).toEqual({ seq: middle(), fault: 'changed' })
})

test('a forged event at the end is seen', async () => {
  tamper(
    `INSERT INTO audit_events SELECT seq + 1, at, user_id, 'call.approved', actor, subject, '{}', mac FROM audit_events ORDER BY seq DESC LIMIT 1`,
  )
  expect((await verify()).fault).toEqual({ seq: events.length + 1, fault: 'changed' })
})

test('a truncated end cannot be seen by itself, only by the head that was kept elsewhere', async () => {
  const { head } = await verify()
  tamper(`DELETE FROM audit_events WHERE seq > ${events.length - 3}`)
  const truncated = await verify()
  expect(truncated).toMatchObject({ fault: null, events: events.length - 3 })
  expect(truncated.head).not.toBe(head)
})

test('pruned payloads leave the record whole', async () => {
  const clock = new TestClock()
  await clock.advance(91 * 24 * 60 * 60_000)
  const rooms = buildRooms({ dataDir: copy, masterKey: null, logger: silentLogger, clock })
  await rooms.approvals.history.prune()
  const user = (await rooms.identity.humans.users())[0]
  const rows = await newestRows(rooms.approvals, user?.id ?? '', 100)
  expect(rows.length).toBeGreaterThan(3)
  for (const row of rows) expect([row.arguments, row.result]).toEqual([null, null])
  expect((await rooms.audit.verify()).fault).toBeNull()
  rooms.store.close()
})

test('the command says that the log holds, prints its head and what it cannot see', async () => {
  const { head } = await verify()
  const { code, stdout } = await operatorCommand(copy, ['admin', 'audit', 'verify'])
  expect(code).toBe(0)
  expect(stdout).toContain(`${events.length} events`)
  expect(stdout).toContain(head)
  expect(stdout).toContain('truncated end')
}, 20_000)

test('the command names the event that was changed, and ends with 1', async () => {
  tamper(`UPDATE audit_events SET actor = 'operator' WHERE seq = ${middle()}`)
  const { code, stdout, stderr } = await operatorCommand(copy, ['admin', 'audit', 'verify'])
  expect(code).toBe(1)
  expect(stdout).toBe('')
  expect(stderr).toContain(`event ${middle()} was changed`)
}, 20_000)

test('an event of another history of this same instance, as after a restored backup, is seen by what follows it', async () => {
  const histories: string[] = []
  for (const names of [['one'], ['two', 'three']]) {
    const path = join(dir.path, `history-${copies}-${histories.length}`)
    mkdirSync(path)
    for (const file of FILES) copyFileSync(join(original, file), join(path, file))
    const rooms = buildRooms({ dataDir: path, masterKey: null, logger: silentLogger })
    const user = (await rooms.identity.humans.users())[0]
    for (const name of names) await rooms.identity.agents.createKey(user?.id ?? '', name, 'operator')
    rooms.store.copyTo(join(path, 'copy.db'))
    rooms.store.close()
    histories.push(path)
  }
  copyFileSync(join(histories[1] ?? '', 'copy.db'), join(copy, 'agentport.db'))
  expect(await verify()).toMatchObject({ fault: null, events: events.length + 2 })
  const next = events.length + 1
  tamper(
    `ATTACH '${join(histories[0] ?? '', 'copy.db')}' AS other`,
    `DELETE FROM audit_events WHERE seq = ${next}`,
    `INSERT INTO audit_events SELECT * FROM other.audit_events WHERE seq = ${next}`,
  )
  expect((await verify()).fault).toEqual({ seq: next + 1, fault: 'changed' })
})

test('another chain’s events do not verify here, though they are sound where they were written', async () => {
  const stage = await startStage()
  const scene = await stage.scene()
  expect(requestId(await scene.call())).toBeString()
  const other = [...stage.app.rooms.audit.events()].at(1)
  await stage.strike()
  tamper(`UPDATE audit_events SET mac = '${other?.mac}' WHERE seq = 2`)
  expect((await verify()).fault).toEqual({ seq: 2, fault: 'changed' })
})
