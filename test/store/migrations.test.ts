import { Database } from 'bun:sqlite'
import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { applyMigrations, MIGRATIONS } from '../../src/store/migrations.ts'
import { NewerDatabase, openStore } from '../../src/store/store.ts'
import { type EmptyApp, startEmptyApp } from '../harness/empty-app.ts'
import { Person } from '../harness/person.ts'
import { allRows } from '../harness/tables.ts'
import { tempDir } from '../harness/temp-dir.ts'

const PASSWORD = 'a good long password'
let data: { path: string; remove(): void }
beforeEach(() => {
  data = tempDir()
})
afterEach(() => data.remove())

const databasePath = () => join(data.path, 'agentport.db')
const copies = () => readdirSync(data.path).filter((name) => name.startsWith('agentport-before-'))

/** A database as the first version left it, with rows. */
async function asTheFirstVersionLeftIt(): Promise<void> {
  const database = new Database(databasePath(), { create: true })
  database.run('PRAGMA journal_mode = WAL')
  applyMigrations(database, MIGRATIONS.slice(0, 1), 1_000)
  const hash = await Bun.password.hash(PASSWORD, { algorithm: 'argon2id', memoryCost: 19_456, timeCost: 2 })
  database.run("INSERT INTO users VALUES ('u1', 'me@example.org', ?, 1000)", [hash])
  database.run("INSERT INTO api_keys VALUES ('k1', 'u1', 'old key', 'ap_abcdef', 'h', 1000, NULL, NULL, NULL)")
  database.run(
    `INSERT INTO connections (id, user_id, slug, integration_id, name, url, auth_method, call_timeout_ms,
       result_limit_bytes, fingerprint, added_at)
     VALUES ('c1', 'u1', 'bank', 'custom', 'bank', 'http://127.0.0.1:9/mcp', 'none', 60000, 1048576, 'f', 1000)`,
  )
  database.run("INSERT INTO policies VALUES ('c1', 'pay', 'u1', 'deny', NULL, 1000, 'operator')")
  database.close()
}

const rowsOf = (path: string, sql: string): unknown[] => {
  const database = new Database(path, { readonly: true })
  try {
    return database.query(sql).all()
  } finally {
    database.close()
  }
}

test('a database of the first version is brought up to date on start: every row kept, a copy beside it', async () => {
  await asTheFirstVersionLeftIt()
  const app: EmptyApp = await startEmptyApp({ dataDir: data.path })
  try {
    expect(app.serving.setupLink).toBeNull()
    const person = await new Person(app.origin, 'me@example.org', PASSWORD).signIn()
    expect(await (await person.get('/connections')).text()).toContain('bank')
    expect(await (await person.get('/agents')).text()).toContain('old key')
    expect(allRows(data.path).policies).toHaveLength(1)
    const tags = rowsOf(databasePath(), 'SELECT tag FROM migrations ORDER BY tag').map(
      (row) => (row as { tag: string }).tag,
    )
    expect(tags).toEqual(MIGRATIONS.map(({ tag }) => tag))
  } finally {
    await app.stop()
  }

  const [copy = ''] = copies()
  expect(copies()).toHaveLength(1)
  expect(copy).toMatch(/^agentport-before-0001_\w+-\d+\.db$/)
  const path = join(data.path, copy)
  expect(statSync(path).mode & 0o777).toBe(0o600)
  expect(rowsOf(path, 'PRAGMA integrity_check')).toEqual([{ integrity_check: 'ok' }])
  expect(rowsOf(path, 'SELECT email FROM users')).toEqual([{ email: 'me@example.org' }])
  expect(rowsOf(path, 'SELECT tag FROM migrations')).toEqual([{ tag: '0000_first' }])
})

test('an up-to-date database is opened without a copy, and a new one too', () => {
  for (let i = 0; i < 2; i++) openStore({ dataDir: data.path }).close()
  expect(copies()).toEqual([])
})

test('the tags are pinned: what was once applied is known by its name for ever', () => {
  expect(MIGRATIONS.slice(0, 2).map(({ tag }) => tag)).toEqual(['0000_first', '0001_tool_index'])
  expect(new Set(MIGRATIONS.map(({ tag }) => tag)).size).toBe(MIGRATIONS.length)
})

describe('a database of a newer version', () => {
  beforeEach(() => {
    openStore({ dataDir: data.path }).close()
    const database = new Database(databasePath())
    database.run("INSERT INTO migrations VALUES ('9999_from_the_future', 'h', 1)")
    database.close()
  })

  test('is refused in plain words that name the change and what to do', () => {
    expect(() => openStore({ dataDir: data.path })).toThrow(NewerDatabase)
    expect(() => openStore({ dataDir: data.path })).toThrow(
      'This data directory was last used by a newer AgentPort (it holds the schema change 9999_from_the_future, which this version does not know). Start that version or a later one.',
    )
  })

  test('stays as it was, and the lock is free again for the right version', async () => {
    const before = allRows(data.path)
    await expect(startEmptyApp({ dataDir: data.path })).rejects.toThrow('newer AgentPort')
    expect(allRows(data.path)).toEqual(before)
    expect(copies()).toEqual([])
    const database = new Database(databasePath())
    database.run("DELETE FROM migrations WHERE tag = '9999_from_the_future'")
    database.close()
    const app = await startEmptyApp({ dataDir: data.path })
    await app.stop()
  })
})

describe('a migration that fails', () => {
  test('leaves the old database as it was, with the copy beside it, and can be tried again', async () => {
    await asTheFirstVersionLeftIt()
    // Something stands where the second migration wants to build.
    const blocked = new Database(databasePath())
    blocked.run('CREATE TABLE tool_index (something TEXT)')
    blocked.close()
    const before = allRows(data.path)
    await expect(startEmptyApp({ dataDir: data.path })).rejects.toThrow('already exists')
    expect(allRows(data.path)).toEqual(before)
    expect(rowsOf(databasePath(), 'SELECT tag FROM migrations')).toEqual([{ tag: '0000_first' }])
    expect(copies()).toHaveLength(1)

    const freed = new Database(databasePath())
    freed.run('DROP TABLE tool_index')
    freed.close()
    const app = await startEmptyApp({ dataDir: data.path })
    expect(allRows(data.path).policies).toEqual(before.policies ?? [])
    await app.stop()
  })

  test('half way is undone whole: no table of it stays', () => {
    openStore({ dataDir: data.path }).close()
    const database = new Database(databasePath())
    const broken = {
      tag: '9000_broken',
      sql: 'CREATE TABLE half (a TEXT);--> statement-breakpoint\nCREATE TABLE half (a TEXT);',
    }
    expect(() => applyMigrations(database, [broken], 1)).toThrow()
    expect(database.query("SELECT name FROM sqlite_master WHERE name = 'half'").get()).toBeNull()
    expect(database.query("SELECT tag FROM migrations WHERE tag = '9000_broken'").get()).toBeNull()
    database.close()
  })
})

test('an operator command never changes the schema under a running server', async () => {
  await asTheFirstVersionLeftIt()
  expect(() => openStore({ dataDir: data.path, mayMigrate: false })).toThrow(
    'The database has an older schema than this program. Start the server once with this version; it brings the schema up to date.',
  )
  expect(rowsOf(databasePath(), 'SELECT tag FROM migrations')).toEqual([{ tag: '0000_first' }])
})

test('a file that is no database stops the start and is left alone', async () => {
  await Bun.write(databasePath(), 'this is a letter, not a database. '.repeat(200))
  const before = await Bun.file(databasePath()).text()
  await expect(startEmptyApp({ dataDir: data.path })).rejects.toThrow('not a database')
  expect(await Bun.file(databasePath()).text()).toBe(before)
})
