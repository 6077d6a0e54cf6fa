import { Database } from 'bun:sqlite'
import { afterEach, beforeEach, expect, test } from 'bun:test'
import { join } from 'node:path'
import { Desk } from '../harness/desk.ts'
import { FarEnd } from '../harness/far-end.ts'
import { operatorCommand } from '../harness/operator.ts'
import { startOAuthStage } from '../upstreams-oauth/oauth-stage.ts'

// What stands in the file goes into version control, and what is printed onto a terminal or into a build's log.

let desk: Desk
let far: FarEnd
beforeEach(async () => {
  desk = await Desk.open()
  far = new FarEnd([{ name: 'pay' }]).start()
})
afterEach(async () => {
  await far.stop()
  desk.close()
})

const DRIVES_TERMINALS = /(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u

test('no token and no extra header is in an export, nor in what apply and test print', async () => {
  const add = [
    'integration',
    'add',
    'custom',
    '--as',
    'bank',
    '--url',
    far.url,
    '--allow-private-network',
    '--token-stdin',
  ]
  await desk.ok([...add, '--extra-header', 'X-Second: planted-extra'], { stdin: 'planted-token' })
  const printed = [
    await desk.exported(),
    await desk.ok(['export', '--json']),
    await desk.apply(await desk.exported()),
    await desk.ok(['apply', desk.file('version: 1\nconnections: {}'), '--prune', '--dry-run', '--json']),
    await desk.ok(['connection', 'test', '--json']),
  ]
  far.refuse = (request) => new Response(`No: ${JSON.stringify([...request.headers])}`, { status: 401 })
  const failed = await desk.admin(['connection', 'test'])
  expect(failed.code).toBe(1)
  for (const text of [...printed, failed.stdout, failed.stderr]) {
    expect(text).not.toContain('planted')
    expect(text).not.toContain('X-Second')
  }
})

test('nothing that the vault holds is in an export: grants, clients and their secrets', async () => {
  const stage = await startOAuthStage()
  try {
    const slug = await stage.connected()
    const { dataDir, rooms } = stage.app
    const rows = new Database(join(dataDir, 'agentport.db'), { readonly: true })
      .query<{ id: string }, []>('SELECT id FROM secrets WHERE user_id IS NOT NULL')
      .all()
    const opened = await Promise.all(rows.map(({ id }) => rooms.vault.open(id)))
    const words = opened.flatMap((text) => text.match(/[A-Za-z0-9_.~+/=-]{16,}/g) ?? [])
    expect(words.length).toBeGreaterThan(2)
    const exported = await operatorCommand(dataDir, ['admin', 'export'])
    expect(exported).toMatchObject({ code: 0, stderr: '' })
    expect(exported.stdout).toContain(`${slug}:\n    url: `)
    for (const word of words.filter((each) => !each.startsWith('http') && !each.includes('127.0.0.1')))
      expect(exported.stdout).not.toContain(word)
  } finally {
    await stage.strike()
  }
}, 60_000)

test.each([
  ['a query', '?key=planted'],
  ['a part that looks like a token', '/planted0123456789abcdef'],
])(
  'a url with %s is left out, stays where it is, and is asked for elsewhere',
  async (what, tail) => {
    await desk.addOwn('bank', far.url + tail)
    const exported = await desk.exported()
    expect(exported).not.toContain('planted')
    expect(exported).toContain(
      `  # The url of bank is left out, as it has ${what}, which may be a secret. Fill it in to add the connection elsewhere.\n  bank:\n    allow_private:\n`,
    )
    expect(await desk.apply(exported, '--prune')).toBe('Nothing to change.\n')
    const other = await Desk.open()
    expect(await other.refused(['apply', other.file(exported)])).toContain('bank has no url, and there is no such')
    const filledIn = exported.replace('  bank:\n', `  bank:\n    url: "${far.url}${tail}"\n`)
    const applied = await other.apply(filledIn)
    expect(applied).toContain(`+ connection bank  http://127.0.0.1:${far.port}/…  `)
    expect(applied).not.toContain('planted')
    expect(
      await other.ok(['apply', other.file(filledIn.replace('bank:', 'bank2:')), '--json', '--dry-run']),
    ).not.toContain('planted')
    expect(await other.exported()).toBe(exported)
    other.close()
  },
  60_000,
)

test('what a server calls its tools drives no terminal and breaks no file', async () => {
  const evil = '\u001b[2J\u001b]0;owned\u0007\u009b31m\u202edrow\u2066\u200b\u2028\r\n  other: deny # "\\'
  const sly = 'pay: allow, once: deny → allow'
  far.tools = [{ name: evil }, { name: sly }, { name: '__proto__' }, { name: '\u0001'.repeat(256) }]
  await desk.addOwn('bank', far.url)
  for (const { name } of far.tools) await desk.ok(['policy', 'set', 'bank', name, 'deny'])
  const exported = await desk.exported()
  expect(exported.match(/deny$/gm)).toHaveLength(4)
  expect(await desk.apply(exported)).toBe('Nothing to change.\n')
  const own = `url: "${far.url}", allow_private: ["127.0.0.1:${far.port}"]`
  const none = desk.file(`version: 1\nconnections:\n  bank: {${own}, policies: {}}`)
  const misspelt = desk.file(`version: 1\nconnections:\n  bank: {${own}, policies: {drow: allow}}`, 'b.yaml')
  const shown = await desk.ok(['apply', none, '--dry-run'])
  expect(shown.trimEnd().split('\n')).toHaveLength(4)
  expect(shown).toContain(`- policy bank ${JSON.stringify(sly)}: deny → asks again  (loosens)\n`)
  const printed = [
    exported,
    await desk.ok(['export', '--json']),
    shown,
    await desk.ok(['apply', none, '--dry-run', '--json']),
    await desk.refused(['apply', misspelt]),
    await desk.ok(['apply', none]),
  ]
  for (const text of printed) expect(text).not.toMatch(DRIVES_TERMINALS)
  await desk.apply(exported)
  expect(await desk.exported()).toBe(exported)
}, 60_000)
