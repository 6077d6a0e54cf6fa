import { Database } from 'bun:sqlite'
import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { chmodSync, existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { openStore, type Store } from '../../src/store/store.ts'
import { keyId, open, seal } from '../../src/vault/envelope.ts'
import { CannotOpen, createVault, parseMasterKey } from '../../src/vault/vault.ts'
import { startEmptyApp } from '../harness/empty-app.ts'
import { tempDir } from '../harness/temp-dir.ts'

// Made with another implementation of AES-256-GCM: databases that exist hold texts of this form.
const KEY = Buffer.from(Array.from({ length: 32 }, (_, i) => i))
const FROZEN = 'v1.630dcd29.oKGio6Slpqeoqaqr.lXMjQSy9Z-Ch2ekQqBmvuhW7fU3hH0Q_J8holjkgXjzR'
const CONTEXT = 'agentport/connection/user1/secret1'
const TEXT = 'sk_live_ünïcode'

const data: { path: string; remove(): void }[] = []
afterEach(() => {
  for (const folder of data.splice(0)) folder.remove()
})
function folder(): string {
  const made = tempDir()
  data.push(made)
  return made.path
}

describe('the sealed form', () => {
  test('is pinned: what was sealed long ago still opens', () => {
    expect(open(KEY, FROZEN, CONTEXT).toString()).toBe(TEXT)
    expect(keyId(KEY)).toBe('630dcd29')
  })

  test('has a version, the key’s name, a nonce of 96 bits and a tag of 128', () => {
    const [version, id, nonce, sealed, ...rest] = seal(KEY, Buffer.from(TEXT), CONTEXT).split('.')
    expect([version, id, rest]).toEqual(['v1', '630dcd29', []])
    expect(Buffer.from(nonce ?? '', 'base64url')).toHaveLength(12)
    expect(Buffer.from(sealed ?? '', 'base64url')).toHaveLength(Buffer.byteLength(TEXT) + 16)
  })

  test('differs each time, opens to the same, for any content', () => {
    const seals = new Set(Array.from({ length: 200 }, () => seal(KEY, Buffer.from(TEXT), CONTEXT)))
    expect(seals.size).toBe(200)
    for (const content of ['', '\u0000', '.'.repeat(70_000), '🔑.v1.'])
      expect(open(KEY, seal(KEY, Buffer.from(content), CONTEXT), CONTEXT).toString()).toBe(content)
  })

  test('does not open when any one character of it was changed', () => {
    for (let at = 0; at < FROZEN.length; at++) {
      const changed = FROZEN[at] === 'A' ? 'B' : 'A'
      const text = FROZEN.slice(0, at) + changed + FROZEN.slice(at + 1)
      // The last character of base64url holds bits that mean nothing.
      const same = Buffer.from(text.split('.')[3] ?? '', 'base64url').equals(
        Buffer.from(FROZEN.split('.')[3] ?? '', 'base64url'),
      )
      if (same && text.split('.').slice(0, 3).join() === FROZEN.split('.').slice(0, 3).join()) continue
      expect(() => open(KEY, text, CONTEXT)).toThrow(CannotOpen)
    }
  })

  test('does not open cut short, with a shorter tag, for another row, or under another key', () => {
    for (const text of [
      '',
      'v1',
      FROZEN.slice(0, -4),
      FROZEN.slice(0, -22),
      `${FROZEN}.x`,
      FROZEN.replace('v1', 'v2'),
      `${FROZEN.split('.').slice(0, 3).join('.')}.`,
      `${FROZEN.split('.').slice(0, 3).join('.')}.AAAA`,
    ])
      expect(() => open(KEY, text, CONTEXT)).toThrow(CannotOpen)
    for (const context of [
      '',
      CONTEXT.replace('user1', 'user2'),
      CONTEXT.replace('secret1', 'secret2'),
      CONTEXT.replace('connection', 'audit-chain'),
    ])
      expect(() => open(KEY, FROZEN, context)).toThrow('A sealed secret was changed or moved')
    expect(() => open(Buffer.alloc(32, 1), FROZEN, CONTEXT)).toThrow('A secret was sealed under another master key')
    // Even where somebody renames the key in the text.
    const renamed = FROZEN.replace('630dcd29', keyId(Buffer.alloc(32, 1)))
    expect(() => open(Buffer.alloc(32, 1), renamed, CONTEXT)).toThrow(CannotOpen)
  })
})

describe('a row of the vault', () => {
  let store: Store
  let path: string
  beforeEach(() => {
    path = folder()
    store = openStore({ dataDir: path })
    store.transaction((tx) => {
      tx.db.run(
        "INSERT INTO users (id, email, created_at) VALUES ('u1', 'a@example.org', 1), ('u2', 'b@example.org', 1)",
      )
    })
  })
  afterEach(() => store.close())
  const sealFor = (userId: string, text: string) =>
    store.transaction((tx) => createVault({ store, masterKey: KEY }).seal(tx, { userId, purpose: 'connection' }, text))
  const tamper = (sql: string) => {
    const other = new Database(join(path, 'agentport.db'))
    other.run(sql)
    other.close()
  }

  test('opens to what was put in, and holds it nowhere in clear', async () => {
    const id = sealFor('u1', 'sk_live_secret')
    expect(await createVault({ store, masterKey: KEY }).open(id)).toBe('sk_live_secret')
    store.close()
    for (const file of ['agentport.db', 'agentport.db-wal'])
      if (existsSync(join(path, file))) expect(readFileSync(join(path, file)).includes('sk_live_secret')).toBe(false)
    store = openStore({ dataDir: path })
  })

  test('does not open in another row, for another owner or another purpose', async () => {
    const vault = createVault({ store, masterKey: KEY })
    const mine = sealFor('u1', 'mine')
    const theirs = sealFor('u2', 'theirs')
    tamper(`UPDATE secrets SET sealed = (SELECT sealed FROM secrets WHERE id = '${mine}') WHERE id = '${theirs}'`)
    await expect(vault.open(theirs)).rejects.toThrow(CannotOpen)
    expect(await vault.open(mine)).toBe('mine')
    tamper(`UPDATE secrets SET user_id = 'u2' WHERE id = '${mine}'`)
    await expect(vault.open(mine)).rejects.toThrow(CannotOpen)
    tamper(`UPDATE secrets SET user_id = 'u1', purpose = 'other' WHERE id = '${mine}'`)
    await expect(vault.open(mine)).rejects.toThrow(CannotOpen)
    tamper(`UPDATE secrets SET purpose = 'connection' WHERE id = '${mine}'`)
    expect(await vault.open(mine)).toBe('mine')
  })

  test('does not open under another master key', async () => {
    const id = sealFor('u1', 'mine')
    await expect(createVault({ store, masterKey: Buffer.alloc(32, 9) }).open(id)).rejects.toThrow(CannotOpen)
  })
})

describe('the master key', () => {
  test('is made on the first start, mode 0600, and used again on the next', async () => {
    const path = folder()
    const key = () => readFileSync(join(path, 'master.key'), 'utf8')
    await (await startEmptyApp({ dataDir: path })).stop()
    expect(statSync(join(path, 'master.key')).mode & 0o777).toBe(0o600)
    expect(parseMasterKey(key())).toHaveLength(32)
    const first = key()
    await (await startEmptyApp({ dataDir: path })).stop()
    expect(key()).toBe(first)
  })

  test('from the environment makes no file', async () => {
    const path = folder()
    const environment = { AGENTPORT_MASTER_KEY: KEY.toString('base64') }
    await (await startEmptyApp({ dataDir: path, environment })).stop()
    expect(existsSync(join(path, 'master.key'))).toBe(false)
    await (await startEmptyApp({ dataDir: path, environment })).stop()
  })

  test('that is another one stops the start, and nothing is lost for the right one', async () => {
    const path = folder()
    await (await startEmptyApp({ dataDir: path })).stop()
    const right = readFileSync(join(path, 'master.key'))
    writeFileSync(join(path, 'master.key'), Buffer.alloc(32, 9).toString('base64'))
    await expect(startEmptyApp({ dataDir: path })).rejects.toThrow(CannotOpen)
    writeFileSync(join(path, 'master.key'), right)
    await (await startEmptyApp({ dataDir: path })).stop()
  })

  test.each([
    ['empty', ''],
    ['cut short', KEY.toString('base64').slice(0, 20)],
    ['no base64', '!'.repeat(44)],
  ])('that is %s stops the start and says where, without repeating it', async (_, content) => {
    const path = folder()
    writeFileSync(join(path, 'master.key'), content)
    const message = await startEmptyApp({ dataDir: path }).then(
      () => 'started',
      (error: Error) => error.message,
    )
    expect(message).toStartWith(`${join(path, 'master.key')} does not hold a master key`)
    if (content) expect(message).not.toContain(content)
  })

  test('that is gone beside a database is not silently replaced by a new one', async () => {
    const path = folder()
    await (await startEmptyApp({ dataDir: path })).stop()
    rmSync(join(path, 'master.key'))
    await expect(startEmptyApp({ dataDir: path })).rejects.toThrow('master.key is missing')
    expect(existsSync(join(path, 'master.key'))).toBe(false)
  })

  test('of a first start is private even where the umask is generous', async () => {
    const path = folder()
    chmodSync(path, 0o755)
    const umask = process.umask(0)
    try {
      await (await startEmptyApp({ dataDir: path })).stop()
    } finally {
      process.umask(umask)
    }
    for (const file of ['master.key', 'agentport.db'])
      expect([file, statSync(join(path, file)).mode & 0o077]).toEqual([file, 0])
  })
})
