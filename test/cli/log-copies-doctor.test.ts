import { describe, expect, test } from 'bun:test'
import { statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { adminConsole } from '../harness/admin-console.ts'
import { run } from '../harness/program.ts'

/** Controls but the line feed, and what turns the direction of text. */
const DRIVES_TERMINALS = /(?!\n)[\p{Cc}\p{Cf}]/u

const operator = adminConsole()
const { far, admin, json, refused, addUser, addBank } = operator

describe('names that would drive the terminal', () => {
  test('are printed as escapes, and stay what they are in JSON', async () => {
    await addUser()
    const evil = '\u001b[2J\u001b]0;owned\u0007\u202edrow\r\nfaked line'
    far.tools = [{ name: `pay${evil}` }]
    await addBank()
    await json(['key', 'create', `key${evil}`])
    for (const args of [
      ['key', 'list'],
      ['policy', 'list'],
    ]) {
      const { stdout } = await admin(args)
      expect(stdout).not.toMatch(DRIVES_TERMINALS)
      expect(stdout.trimEnd().split('\n')).toHaveLength(2)
    }
    expect((await admin(['key', 'list'])).stdout).toContain('key\\u{1b}[2J')
    expect(await json(['key', 'list'])).toMatchObject([{ name: `key${evil}` }])
    for (const args of [
      ['key', 'list', '--json'],
      ['audit', 'export'],
    ])
      expect((await admin(args)).stdout).not.toMatch(DRIVES_TERMINALS)
    const { stderr } = await admin(['policy', 'set', 'bank', `nothing${evil}`, 'allow'])
    expect(stderr).not.toMatch(DRIVES_TERMINALS)
    const set = await admin(['policy', 'set', 'bank', `pay${evil}`, 'deny'])
    expect(set.stdout).not.toMatch(DRIVES_TERMINALS)
    expect(set.stdout.trimEnd().split('\n')).toHaveLength(1)
    far.tools = [{ name: 'pay' }, { name: 'refund' }]
  })
})

describe('the log, copies and the doctor', () => {
  test('the log verifies, exports a line an event, and names the first event that was changed', async () => {
    await addUser()
    await json(['key', 'create', 'agent'])
    expect(await json(['audit', 'verify'])).toEqual({
      ok: true,
      events: 2,
      head: expect.stringMatching(/^[0-9a-f]{64}$/),
    })
    expect((await admin(['audit', 'verify'])).stdout).toMatch(
      /^The log holds: 2 events\. Head: [0-9a-f]{64}\nKeep the head elsewhere/,
    )
    const lines = (await admin(['audit', 'export'])).stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { name: string; seq: number })
    expect(lines.map(({ seq, name }) => [seq, name])).toEqual([
      [1, 'user.created'],
      [2, 'key.created'],
    ])
    const { Database } = await import('bun:sqlite')
    const database = new Database(join(operator.data.path, 'agentport.db'))
    database.run("UPDATE audit_events SET actor = 'system' WHERE seq = 1")
    database.close()
    await refused(['audit', 'verify'], /^The log does not hold: event 1 was changed/)
  })

  test('a backup is private, says that the key is not in it, is never written over a file, and restores', async () => {
    await addUser()
    const file = join(operator.data.path, 'copy.db')
    expect((await admin(['backup', file])).stdout).toStartWith(`Wrote ${file}. The master key is not in it`)
    expect(statSync(file).mode & 0o777).toBe(0o600)
    await refused(['backup', file], `${file} exists already; choose a new name.`)
    await addUser('later@example.org')
    expect((await admin(['restore', file])).stdout).toStartWith(`Restored ${file}.`)
    expect(await json(['user', 'list'])).toHaveLength(1)
    await refused(['restore', join(operator.data.path, 'nothing.db')], /^There is no file /)
    writeFileSync(join(operator.data.path, 'letter.txt'), 'no database')
    await refused(['restore', join(operator.data.path, 'letter.txt')], /letter\.txt/)
    expect(await json(['user', 'list'])).toHaveLength(1)
    expect(await json(['audit', 'verify'])).toMatchObject({ ok: true })
  })

  test('the doctor says who the owner is, and fails with code 1 when something must be mended', async () => {
    await addUser()
    const sound = await run(['doctor', '--data', operator.data.path], { program: operator.program })
    expect([sound.code, sound.stderr]).toEqual([0, ''])
    expect(sound.stdout).toMatch(/whoever can write|owner/i)
    writeFileSync(join(operator.data.path, 'master.key'), Buffer.alloc(32, 1).toString('base64'))
    const ill = await run(['doctor', '--data', operator.data.path], { program: operator.program })
    expect(ill.code).toBe(1)
    expect(ill.stdout).toContain('FAIL')
  })
})
