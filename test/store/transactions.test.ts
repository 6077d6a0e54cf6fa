import { Database } from 'bun:sqlite'
import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { findFact, openStore, type Store, setFact, type Tx, takeDataLock } from '../../src/store/store.ts'
import { LeapClock } from '../harness/empty-app.ts'
import { until } from '../harness/everything.ts'
import { tempDir } from '../harness/temp-dir.ts'

let data: { path: string; remove(): void }
let store: Store
const clock = new LeapClock()
beforeEach(() => {
  data = tempDir()
  store = openStore({ dataDir: data.path, clock })
})
afterEach(() => {
  store.close()
  data.remove()
})

const origin = () => findFact(store.db, 'origin')

describe.each(['transaction', 'quickTransaction'] as const)('a %s', (kind) => {
  const run = <T>(act: (tx: Tx) => T) => store[kind](act as never) as T

  test('keeps its rows, gives back its result, and then runs its effects, in order', () => {
    const seen: string[] = []
    const result = run((tx) => {
      tx.afterCommit(() => seen.push(`first, and the row is ${origin()}`))
      tx.afterCommit(() => seen.push('second'))
      setFact(tx, 'origin', 'kept')
      seen.push('inside')
      return 42
    })
    expect(result).toBe(42)
    expect(seen).toEqual(['inside', 'first, and the row is kept', 'second'])
  })

  test('that throws keeps no row and runs no effect', () => {
    const seen: string[] = []
    expect(() =>
      run((tx) => {
        setFact(tx, 'origin', 'gone')
        tx.afterCommit(() => seen.push('effect'))
        throw new Error('changed my mind')
      }),
    ).toThrow('changed my mind')
    expect(origin()).toBeNull()
    expect(seen).toEqual([])
    run((tx) => setFact(tx, 'origin', 'the next one works'))
    expect(origin()).toBe('the next one works')
    expect(seen).toEqual([])
  })

  test('inside another is refused, and the outer one is undone whole', () => {
    expect(() =>
      run((tx) => {
        setFact(tx, 'origin', 'outer')
        store.transaction((inner) => setFact(inner, 'origin', 'inner'))
      }),
    ).toThrow('A transaction was started inside another one')
    expect(origin()).toBeNull()
  })

  test('has one time for all its rows', () => {
    run((tx) => {
      const { now } = tx
      clock.time += 1_000
      expect(tx.now).toBe(now)
    })
  })

  test('may be started by the effects of another', () => {
    run((tx) => {
      tx.afterCommit(() => store.transaction((next) => setFact(next, 'origin', 'by an effect')))
    })
    expect(origin()).toBe('by an effect')
  })
})

test('a callback that awaits does not pass the compiler', () => {
  const neverRun = () => {
    // @ts-expect-error a transaction that awaited would hold the only write lock across the wait.
    store.transaction(async (tx) => setFact(tx, 'origin', 'x'))
    // @ts-expect-error the quick one neither.
    store.quickTransaction(async () => {})
    // @ts-expect-error nor one that hands a promise on.
    store.transaction(() => Promise.resolve(1))
  }
  expect(neverRun).toBeFunction()
})

test('a person’s word is synced in full before it is acknowledged, bookkeeping need not be', () => {
  const synchronous = () => {
    let level: unknown
    store.transaction(() => {
      level = (store.db.all('PRAGMA synchronous') as { synchronous: number }[])[0]?.synchronous
    })
    let quick: unknown
    store.quickTransaction(() => {
      quick = (store.db.all('PRAGMA synchronous') as { synchronous: number }[])[0]?.synchronous
    })
    return [level, quick]
  }
  expect(synchronous()).toEqual([2, 1])
  expect(synchronous()).toEqual([2, 1])
  expect(store.db.all('PRAGMA journal_mode') as unknown).toEqual([{ journal_mode: 'wal' }])
})

test('a change by another process is noticed, one of our own is not', async () => {
  let heard = 0
  store.onOutsideChange(() => heard++)
  store.transaction((tx) => setFact(tx, 'origin', 'ours'))
  const other = new Database(join(data.path, 'agentport.db'))
  other.run("UPDATE instance_facts SET value = 'theirs'")
  await until(() => heard > 0, 2_000)
  expect(heard).toBe(1)
  expect(origin()).toBe('theirs')
  other.close()
})

test('a copy is whole, private and never written over something', () => {
  store.transaction((tx) => setFact(tx, 'origin', 'copied'))
  const path = join(data.path, "a copy's name.db")
  store.copyTo(path)
  expect(statSync(path).mode & 0o777).toBe(0o600)
  const copy = new Database(path, { readonly: true })
  expect(copy.query("SELECT value FROM instance_facts WHERE name = 'origin'").get()).toEqual({ value: 'copied' })
  copy.close()
  expect(() => store.copyTo(path)).toThrow()
})

test('the folder is its owner’s alone, and so is every file of the database', () => {
  const folder = join(data.path, 'made', 'on the way')
  const fresh = openStore({ dataDir: folder })
  fresh.transaction((tx) => setFact(tx, 'origin', 'x'))
  expect(statSync(folder).mode & 0o777).toBe(0o700)
  for (const name of ['agentport.db', 'agentport.db-wal', 'agentport.db-shm']) {
    const path = join(folder, name)
    expect([name, existsSync(path) && statSync(path).mode & 0o077]).toEqual([name, 0])
  }
  fresh.close()
})

test('one lock per data directory: a second taker gets none until the first lets go', () => {
  const first = takeDataLock(data.path)
  expect(first).not.toBeNull()
  expect(takeDataLock(data.path)).toBeNull()
  first?.release()
  const again = takeDataLock(data.path)
  expect(again).not.toBeNull()
  again?.release()
})
