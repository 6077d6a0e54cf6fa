import { describe, expect, test } from 'bun:test'
import manifest from '../../package.json'
import { adminConsole } from '../harness/admin-console.ts'
import { run } from '../harness/program.ts'

const operator = adminConsole()
const { far, admin, json, refused, addUser, addBank } = operator

describe('help', () => {
  test('lists every command, on stdout, and asking for it is no error', async () => {
    for (const args of [[], ['--help']]) {
      const { code, stdout, stderr } = await run(args, { program: operator.program })
      expect([code, stderr]).toEqual([0, ''])
      for (const command of [
        'serve',
        'admin user add',
        'admin key create',
        'admin integration add',
        'admin policy set',
        'admin audit verify',
        'admin backup',
        'admin restore',
        'doctor',
        'version',
      ])
        expect(stdout).toContain(`agentport ${command}`)
    }
  })

  test('the version is that of the package', async () => {
    for (const args of [['version'], ['--version']])
      expect((await run(args, { program: operator.program })).stdout).toBe(`${manifest.version}\n`)
  })

  test('an unknown command is one sentence and code 1', async () => {
    const { code, stdout, stderr } = await run(['admin', 'user', 'frobnicate'], { program: operator.program })
    expect([code, stdout]).toEqual([1, ''])
    expect(stderr).toBe('There is no command "admin user frobnicate". "agentport --help" lists them.\n')
  })

  test('a wrong option or too many words are answered with how to do it', async () => {
    await refused(['key', 'create', 'a', 'b'], /^Usage: agentport admin key create NAME/)
    await refused(['key', 'create'], /^Usage: /)
    await refused(['user', 'list', '--colour'], /--colour.*Usage: agentport admin user list/)
  })
})

describe('users', () => {
  test('the first is added with a password from standard input, and never by argument', async () => {
    expect(await addUser(' Me@Example.ORG ')).toEqual({ id: expect.any(String), email: 'me@example.org' })
    await refused(['user', 'add', 'two@example.org', 'a good long password'], /^Usage: /)
    await refused(['user', 'add', 'two@example.org', '--password', 'x'], /--password/)
    await refused(
      ['user', 'add', 'two@example.org', '--password-stdin'],
      'Nothing came on standard input; pipe the password in.',
      '',
    )
    await refused(['user', 'add', 'two@example.org', '--password-stdin'], /at least 8 characters/, 'short')
    await refused(
      ['user', 'add', 'me@example.org', '--password-stdin'],
      'There is already a user with this email address.',
      'a good long password',
    )
    await refused(['user', 'add', 'nonsense'], 'That is not an email address.')
    expect(await json(['user', 'list'])).toEqual([
      { id: expect.any(String), email: 'me@example.org', created_at: expect.stringMatching(/^\d{4}-.*Z$/) },
    ])
  })

  test('without a password they get a link, at the origin that was last served', async () => {
    const { stdout } = await admin(['user', 'add', 'me@example.org'])
    expect(stdout).toMatch(/^Added me@example\.org\..*\nhttp:\/\/localhost:4747\/setup\?token=[A-Za-z0-9_-]{43}\n$/)
    expect(await json(['user', 'reset-password', 'me@example.org'])).toMatchObject({
      setup_link: expect.stringMatching(/^http:\/\/localhost:4747\/setup\?token=[A-Za-z0-9_-]{43}$/),
    })
    await refused(['user', 'reset-password', 'nobody@example.org'], 'There is no user nobody@example.org.')
    const set = await admin(['user', 'reset-password', 'me@example.org', '--password-stdin'], 'another good password')
    expect(set.stdout).toBe('The password of me@example.org is set; all sessions are ended.\n')
  })

  test('commands about somebody’s things need a user, and with several say whose', async () => {
    await refused(['key', 'create', 'agent'], /^There is no user yet\. Make one with "agentport admin user add EMAIL"/)
    await addUser()
    await addUser('two@example.org')
    for (const args of [
      ['key', 'create', 'agent'],
      ['key', 'list'],
      ['integration', 'list'],
      ['policy', 'list'],
      ['key', 'revoke', 'x'],
    ])
      await refused(args, 'There are several users; say whose with --user EMAIL.')
    await refused(['key', 'list', '--user', 'three@example.org'], /^There is no user three@example\.org\./)
    await json(['key', 'create', 'agent', '--user', 'two@example.org'])
    expect(await json(['key', 'list', '--user', 'two@example.org'])).toHaveLength(1)
    expect(await json(['key', 'list', '--user', 'me@example.org'])).toEqual([])
  })
})

describe('keys', () => {
  test('creating one prints the key alone on stdout, for $(…)', async () => {
    await addUser()
    const { code, stdout, stderr } = await admin(['key', 'create', 'my agent'])
    expect([code, stderr]).toEqual([0, ''])
    expect(stdout).toMatch(/^ap_[A-Za-z0-9_-]{43}\n$/)
    const other = (await json(['key', 'create', 'second'])) as { id: string; key: string }
    const list = await admin(['key', 'list'])
    expect(list.stdout).toContain('my agent')
    expect(list.stdout).not.toContain(stdout.trim())
    expect(JSON.stringify(await json(['key', 'list']))).not.toContain(other.key)

    expect((await admin(['key', 'revoke', other.id])).stdout).toBe(`Revoked ${other.id}.\n`)
    await refused(['key', 'revoke', other.id], 'There is no such key or agent, or it is revoked already.')
    await refused(['key', 'revoke', 'nothing'], 'There is no such key or agent, or it is revoked already.')
    await refused(['key', 'create', '  '], 'Give the key a name of 1 to 80 characters.')
    expect((await admin(['key', 'list'])).stdout).toMatch(/second .*revoked\n/)
  })
})

describe('integrations and policies', () => {
  test('adding a server reads its tools and says how many; each asks until told otherwise', async () => {
    await addUser()
    expect(await addBank()).toEqual({ id: 'bank', url: far.url, connected: true, tools: 2 })
    expect((await admin(['integration', 'list'])).stdout).toMatch(/^ID .*\nbank +http\S+ +none +ok +2\n$/)
    expect(await json(['policy', 'list'])).toEqual([
      { integration: 'bank', tool: 'pay', mode: 'require_approval', source: 'default' },
      { integration: 'bank', tool: 'refund', mode: 'require_approval', source: 'default' },
    ])
    expect((await admin(['policy', 'set', 'bank', 'pay', 'deny'])).stdout).toBe('bank pay: deny\n')
    expect(await json(['policy', 'set', 'bank', 'refund', 'allow'])).toEqual({
      integration: 'bank',
      tool: 'refund',
      mode: 'allow',
    })
    expect((await admin(['policy', 'list', 'bank'])).stdout).toMatch(
      /pay +deny +policy\nbank +refund +allow +policy\n$/,
    )
    await refused(['policy', 'set', 'bank', 'pay', 'maybe'], /^The policy is allow, require_approval or deny\. Usage: /)
    await refused(['policy', 'set', 'bank', 'pax', 'allow'], 'bank has no tool "pax". Did you mean pay?')
    await refused(['policy', 'set', 'bonk', 'pay', 'allow'], /^There is no connection "bonk"\./)
    await refused(['policy', 'list', 'bonk'], /^There is no connection "bonk"\./)

    far.tools = [...far.tools, { name: 'third' }]
    expect((await admin(['integration', 'refresh', 'bank'])).stdout).toBe('bank: 3 tools found.\n')
    await refused(['integration', 'refresh', 'bonk'], /^There is no connection "bonk"\./)
    await refused(
      ['integration', 'add', 'custom', '--as', 'bank', '--url', far.url, '--no-auth', '--allow-private-network'],
      /^There is already a connection called bank\./,
    )
    expect((await admin(['integration', 'remove', 'bank'])).stdout).toBe(
      'Removed bank; its credentials and policies are forgotten.\n',
    )
    await refused(['integration', 'remove', 'bank'], /^There is no connection "bank"\./)
    expect(await json(['integration', 'list'])).toEqual([])
  })

  test('a server that cannot be had is not added, and why is said', async () => {
    await addUser()
    const custom = (...more: string[]) => ['integration', 'add', 'custom', '--as', 'bank', ...more]
    await refused(custom('--url', far.url, '--no-auth'), /is not a public address, and nobody has allowed it/)
    await refused(
      custom('--url', 'http://127.0.0.1:1/mcp', '--no-auth', '--allow-private-network'),
      /^127\.0\.0\.1:1 cannot be reached/,
    )
    await refused(
      custom('--url', 'http://169.254.169.254/latest', '--no-auth', '--allow-private-network'),
      /leads to a metadata service, which no setting opens/,
    )
    await refused(custom('--url', 'nonsense', '--no-auth'), /^The URL must be absolute/)
    await refused(custom('--url', far.url), /^Say how to sign in: --no-auth, --oauth, or --token-stdin/)
    await refused(custom('--no-auth'), /^A custom server needs --as SLUG and --url URL/)
    await refused(
      ['integration', 'add', 'custom', '--as', 'Bad Slug', '--url', far.url, '--no-auth', '--allow-private-network'],
      /^A connection id has 1 to 64 lower-case letters/,
    )
    await refused(
      ['integration', 'add', 'no-such-thing-anywhere'],
      /^There is no integration "no-such-thing-anywhere" in the catalogue\./,
    )
    expect(await json(['integration', 'list'])).toEqual([])
  })

  test('a token comes by standard input only, is tried before it is kept, and is printed by nothing', async () => {
    await addUser()
    far.refuse = (request) =>
      request.headers.get('x-token') === 'tok_good' ? null : new Response(null, { status: 401 })
    try {
      const add = [
        'integration',
        'add',
        'custom',
        '--as',
        'bank',
        '--url',
        far.url,
        '--header',
        'X-Token',
        '--token-stdin',
        '--allow-private-network',
      ]
      await refused([...add, '--token', 'tok_good'], /--token/)
      await refused(add, 'Nothing came on standard input; pipe the token in.', '')
      await refused(add, 'The server refused the credential (401). Its owner must enter a new one.', 'tok_bad\n')
      expect(await json(add, 'tok_good\n')).toMatchObject({ id: 'bank', connected: true })
      for (const args of [
        ['integration', 'list'],
        ['audit', 'export'],
      ])
        expect((await admin(args)).stdout).not.toContain('tok_')
    } finally {
      far.refuse = null
    }
  })
})
