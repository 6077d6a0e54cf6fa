import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { Desk } from '../harness/desk.ts'
import { FarEnd } from '../harness/far-end.ts'

// What a file cannot do to an instance, and what is said then: nothing is ever half done.

let desk: Desk
let far: FarEnd
beforeEach(async () => {
  desk = await Desk.open()
  far = new FarEnd([{ name: 'pay' }, { name: 'refund' }]).start()
})
afterEach(async () => {
  await far.stop()
  desk.close()
})

const place = () => `127.0.0.1:${far.port}`
const opened = () => `allow_private: ["${place()}"]`
/** Refused, with the place in the file; what was there is compared at the end of each test. */
async function refusedAt(connections: string, at: string, sentence: string, ...flags: string[]): Promise<void> {
  const path = desk.file(`version: 1\nconnections:\n${connections}\n`)
  expect(await desk.refused(['apply', path, ...flags])).toBe(`${path}:${at}: ${sentence}`)
}

describe('what is there is not made another', () => {
  const another = (field: string) =>
    `There is a connection bank with another ${field}, which nothing changes afterwards: remove that one first ("agentport admin integration remove bank"), or use another id.`

  test('the field that differs is named', async () => {
    await desk.ok(
      [
        'integration',
        'add',
        'custom',
        '--as',
        'bank',
        '--url',
        far.url,
        '--allow-private-network',
        '--token-stdin',
        '--header',
        'X-Key',
      ],
      { stdin: 'tok' },
    )
    const bank = (...lines: string[]) => `  bank:\n${lines.map((line) => `    ${line}`).join('\n')}`
    const same = [`url: ${far.url}`, opened(), 'sign_in: token', 'header: X-Key']
    expect(await desk.apply(`version: 1\nconnections:\n${bank(...same)}\n`)).toBe('Nothing to change.\n')
    const before = await desk.exported()
    const but = (n: number, line: string) => bank(...same.map((each, i) => (i === n ? line : each)))
    await refusedAt(but(0, 'url: https://other.example.org/mcp'), '4:5', another('url'))
    await refusedAt(but(1, 'allow_private: []'), '5:5', another('allow_private'))
    await refusedAt(bank(...same.slice(0, 2)), '3:3', another('sign_in'))
    await refusedAt(but(3, 'header: X-Other'), '7:5', another('header'))
    await refusedAt(bank(...same, "format: 'Key {token}'"), '8:5', another('format'))
    await refusedAt(bank(...same, 'name: My bank'), '8:5', another('name'))
    await refusedAt(bank('integration: apify', 'sign_in: token'), '4:5', another('integration'))
    expect(await desk.exported()).toBe(before)
  }, 60_000)
})

describe('what cannot be added is not', () => {
  test('whatever is wrong with it is said before anybody is asked', async () => {
    await refusedAt(
      '  demo: {}',
      '3:3',
      'demo has no url, and there is no such connection yet: fill in its url, or say which integration of the catalogue it is. An export leaves out a url that may hold a secret.',
    )
    await refusedAt(
      '  demo: {integration: apfy}',
      '3:10',
      'There is no integration "apfy" in the catalogue. For a server that is not in it give its url instead.',
    )
    await refusedAt(
      '  demo: {integration: notio}',
      '3:10',
      'There is no integration "notio" in the catalogue. Did you mean notion?',
    )
    await refusedAt(
      '  demo:\n    integration: apify\n    sign_in: none',
      '5:5',
      'Apify cannot be connected with "sign_in: none": it offers oauth, token, and this version connects MCP servers that take a token, need no sign-in, or let programs register by themselves.',
    )
    await refusedAt(
      `  apify:\n    integration: apify\n    url: ${far.url}`,
      '5:5',
      'apify has its own url in the catalogue: leave this one out, or leave out the integration.',
    )
    await refusedAt(
      '  Bad Slug: {url: "https://a.example.org"}',
      '3:3',
      'A connection id has 1 to 64 lower-case letters, digits, - or _, for example github-work.',
    )
    await refusedAt('  demo: {url: nonsense}', '3:10', 'The URL must be absolute and start with https:// (or http://).')
    await refusedAt(
      `  demo: {url: "${far.url}", sign_in: token}`,
      '3:10',
      `A credential is only sent over https. For a server in your own network add: allow_private: ["${place()}"].`,
    )
    await refusedAt(
      `  demo: {url: "${far.url}", allow_private: ["login.lan"]}`,
      `3:${10 + `url: "${far.url}", `.length}`,
      'Write "login.lan" as HOST:PORT, for example login.lan:443.',
    )
    await refusedAt(
      `  demo: {header: X-Key, url: "${far.url}"}`,
      '3:10',
      'header says how a token is sent, and demo takes none: add "sign_in: token".',
    )
    expect(far.seen).toEqual([])
    expect(await desk.events()).toEqual(['user.created'])
  }, 60_000)

  test('one of several that cannot be reached keeps out all of them', async () => {
    const good = `  good:\n    url: ${far.url}\n    ${opened()}\n    policies: {pay: deny}`
    await refusedAt(
      `${good}\n  gone:\n    url: http://127.0.0.1:1/mcp\n    allow_private: ["127.0.0.1:1"]`,
      '7:3',
      'gone cannot be added, so nothing is done: 127.0.0.1:1 cannot be reached: ECONNREFUSED: Unable to connect. Is the computer able to access the url?',
      '--dry-run',
    )
    await refusedAt(
      `${good}\n  closed:\n    url: ${far.url}`,
      '7:3',
      `closed cannot be added, so nothing is done: ${place()} is not a public address, and nobody has allowed it.`,
    )
    expect(await desk.events()).toEqual(['user.created'])
    expect(far.seen).toContain('POST tools/list')
  }, 60_000)
})

describe('what is no file', () => {
  test('is said, and what it is', async () => {
    expect(await desk.refused(['apply', '/no/such/file'])).toBe('There is no file /no/such/file.')
    expect(await desk.refused(['apply', import.meta.dir])).toMatch(/ cannot be read \(EISDIR\)\.$/)
    expect(await desk.refused(['apply'])).toMatch(/^Usage: agentport admin apply FILE\|- /)
    expect(await desk.refused(['apply', '-', '--force'], { stdin: '' })).toMatch(/--force.*Usage: /)
    expect(await desk.refused(['apply', '-'], { stdin: 'nonsense' })).toBe(
      'standard input:1:1: A configuration is a map with version and connections.',
    )
    expect(await desk.refused(['apply', '-'], { stdin: ' '.repeat(1024 * 1024 + 1) })).toBe(
      'standard input has over 1 MB, which no configuration has.',
    )
    const path = desk.file('')
    await Bun.write(path, new Uint8Array([0x76, 0xff, 0xfe]))
    expect(await desk.refused(['apply', path])).toBe(`${path} is no text in UTF-8.`)
  }, 60_000)
})
