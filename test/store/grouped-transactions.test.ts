import { Database } from 'bun:sqlite'
import { afterEach, beforeEach, expect, test } from 'bun:test'
import { join } from 'node:path'
import { findFact, openStore, type Store, setFact } from '../../src/store/store.ts'
import { tempDir } from '../harness/temp-dir.ts'

let dir: ReturnType<typeof tempDir>
let store: Store
let other: Database

beforeEach(() => {
  dir = tempDir()
  store = openStore({ dataDir: dir.path })
  other = new Database(join(dir.path, 'agentport.db'), { readonly: true })
})
afterEach(() => {
  other.close()
  store.close()
  dir.remove()
})

const write = (value: string) => store.groupedTransaction((tx) => setFact(tx, 'origin', value))
/** What is committed, as another process sees it. */
const committed = () =>
  (other.query("SELECT value FROM instance_facts WHERE name = 'origin'").get() as { value: string } | null)?.value ??
  null

test('a caller alone is committed at once', async () => {
  const done = write('alone')
  expect(committed()).toBe('alone')
  await done
})

test('callers of one moment share a commit, and each is answered only after it', async () => {
  await Promise.all([write('a'), write('b'), write('c')])
  const answered: string[] = []
  const all = ['d', 'e', 'f'].map((value) => write(value).then(() => answered.push(value)))
  expect(findFact(store.db, 'origin')).toBe('f')
  expect(committed()).toBe('c')
  await Promise.resolve()
  expect(answered).toEqual([])
  await Promise.all(all)
  expect(answered).toEqual(['d', 'e', 'f'])
  expect(committed()).toBe('f')
})

test('one that throws takes only its own writes with it', async () => {
  await Promise.all([write('a'), write('b')])
  const effects: string[] = []
  const results = await Promise.allSettled([
    store.groupedTransaction((tx) => {
      setFact(tx, 'origin', 'kept')
      tx.afterCommit(() => effects.push('kept'))
    }),
    store.groupedTransaction((tx) => {
      setFact(tx, 'origin', 'thrown away')
      tx.afterCommit(() => effects.push('thrown away'))
      throw new Error('no')
    }),
  ])
  expect(results.map((result) => result.status)).toEqual(['fulfilled', 'rejected'])
  expect(committed()).toBe('kept')
  expect(effects).toEqual(['kept'])
})

test('a durable transaction commits the group before it begins', async () => {
  await Promise.all([write('a'), write('b')])
  const grouped = [write('c'), write('d')]
  store.transaction((tx) => {
    expect(committed()).toBe('d')
    setFact(tx, 'origin', 'durable')
  })
  expect(committed()).toBe('durable')
  await Promise.all(grouped)
  expect(committed()).toBe('durable')
})

test('closing commits what is open', async () => {
  await Promise.all([write('a'), write('b')])
  void Promise.allSettled([write('c'), write('d')])
  store.close()
  expect(committed()).toBe('d')
  store = openStore({ dataDir: dir.path })
})

test('no transaction starts inside a grouped act', async () => {
  const nested = store.groupedTransaction(() => {
    store.transaction(() => {})
  })
  await expect(nested).rejects.toThrow('inside another one')
  await write('after')
  expect(committed()).toBe('after')
})

test('when SQLite gives the whole group up in the middle, as on a full disk, nothing of it is kept, everybody is told, and the next begins anew', async () => {
  await Promise.all([write('a'), write('b')])
  const refused = async (act: Promise<unknown>) => act.then(() => false).catch(() => true)
  const before = refused(write('before'))
  const during = refused(
    store.groupedTransaction((tx) => {
      tx.db.run('ROLLBACK')
      throw new Error('database or disk is full')
    }),
  )
  const after = refused(write('after'))
  const told = await Promise.all([before, during, after])
  expect([...told, committed()]).toEqual([true, true, false, 'after'])
  await write('later')
  expect(committed()).toBe('later')
})
