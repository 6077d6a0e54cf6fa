import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { outcome } from '../harness/agent.ts'
import { type App, startApp } from '../harness/app.ts'
import { Desk } from '../harness/desk.ts'
import { FarEnd } from '../harness/far-end.ts'

// Connections and policies as a file: written, reviewed, applied.

let desk: Desk
let far: FarEnd
const cleanUp: (() => unknown)[] = []
beforeEach(async () => {
  desk = await Desk.open()
  far = new FarEnd([{ name: 'pay' }, { name: 'refund' }]).start()
  cleanUp.push(
    () => far.stop(),
    () => desk.close(),
  )
})
afterEach(async () => {
  for (const act of cleanUp.splice(0).reverse()) await act()
})

async function elsewhere(): Promise<Desk> {
  const other = await Desk.open()
  cleanUp.push(() => other.close())
  return other
}

async function serving(on: Desk): Promise<App> {
  const app = await startApp({ dataDir: on.data })
  cleanUp.push(() => app.stop())
  return app
}

const place = () => `127.0.0.1:${far.port}`
const own = (rest = '') => `    url: ${far.url}\n    allow_private: ["${place()}"]\n${rest}`
const file = (connections: string) => `version: 1\nconnections:\n${connections}`
const bank = (policies: string) => file(`  bank:\n${own(`    policies: ${policies}\n`)}`)

describe('applying', () => {
  test('shows what it adds, adds it with its policies, and then there is nothing to change', async () => {
    const text = bank('{pay: allow, refund: deny}')
    const shown = [
      `+ connection bank  ${far.url}  opens ${place()}  (loosens)`,
      '+ policy bank pay: allow  (loosens)',
      '+ policy bank refund: deny',
    ]
    expect(await desk.apply(text, '--dry-run')).toBe(`${shown.join('\n')}\n`)
    expect(JSON.parse(await desk.ok(['integration', 'list', '--json']))).toEqual([])
    expect(await desk.apply(text)).toBe(`${[...shown, 'Applied.'].join('\n')}\n`)
    expect(JSON.parse(await desk.ok(['policy', 'list', '--json']))).toMatchObject([
      { tool: 'pay', mode: 'allow', source: 'policy' },
      { tool: 'refund', mode: 'deny' },
    ])
    expect(await desk.apply(text)).toBe('Nothing to change.\n')
    expect(await desk.ok(['apply', '-', '--json'], { stdin: text })).toBe(
      '{"changes":[],"applied":false,"waiting":[]}\n',
    )
  })

  test('leaves the same events as the single commands, with the operator as who did it', async () => {
    const single = await elsewhere()
    await desk.apply(bank('{pay: allow, refund: deny}'))
    await desk.apply(bank('{pay: deny}'))
    await desk.apply(file(' {}\n'), '--prune')
    await single.addOwn('bank', far.url)
    for (const [tool, mode] of [
      ['pay', 'allow'],
      ['refund', 'deny'],
      ['pay', 'deny'],
    ])
      await single.ok(['policy', 'set', 'bank', tool ?? '', mode ?? ''])
    await single.ok(['integration', 'remove', 'bank'])
    // No single command forgets the rule of one tool: the page does.
    expect((await desk.events()).filter((name) => name !== 'policy.forgotten')).toEqual(
      (await single.events()).filter((name) => name !== 'policy.forgotten'),
    )
    expect(await desk.ok(['audit', 'export'])).toContain('"name":"policy.forgotten","actor":"operator"')
    await desk.ok(['audit', 'verify'])
  })

  test('takes the policies of a connection as the whole of them, and keeps them where the key is missing', async () => {
    await desk.apply(bank('{pay: deny, refund: require_approval}'))
    expect(await desk.apply(file(`  bank:\n${own()}`))).toBe('Nothing to change.\n')
    expect(await desk.apply(file(`  bank:\n${own('    policies:\n      refund: allow\n')}`))).toBe(
      '- policy bank pay: deny → asks again  (loosens)\n~ policy bank refund: require_approval → allow  (loosens)\nApplied.\n',
    )
    expect(await desk.apply(bank('{refund: deny}'))).toBe('~ policy bank refund: allow → deny\nApplied.\n')
    expect(await desk.apply(bank('{}'), '--json')).toBe(
      `${JSON.stringify({
        changes: [
          {
            change: 'remove',
            what: 'policy',
            connection: 'bank',
            tool: 'refund',
            from: 'deny',
            to: null,
            definition: null,
            loosens: true,
          },
        ],
        applied: true,
        waiting: [],
      })}\n`,
    )
  })

  test('leaves alone what the file does not list, unless told to prune', async () => {
    await desk.addOwn('old', far.url)
    expect(await desk.apply(bank('{}'))).not.toContain('old')
    expect(await desk.apply(bank('{}'), '--prune', '--dry-run')).toBe(
      '- connection old (its credential and policies are forgotten)\n',
    )
    expect(await desk.apply(bank('{}'), '--prune')).toContain('Applied.')
    expect(JSON.parse(await desk.ok(['integration', 'list', '--json']))).toMatchObject([{ id: 'bank' }])
  })

  test('leads to where the owner signs in, or enters a credential', async () => {
    const text = file('  linear: {integration: linear}\n  work:\n    integration: apify\n    sign_in: token\n')
    expect(await desk.apply(text)).toBe(
      `${[
        '+ connection linear  https://mcp.linear.app/mcp  sign-in: oauth',
        '+ connection work  https://mcp.apify.com  sign-in: token',
        'Applied.',
        'Sign in to linear here:',
        'http://localhost:4747/connections/linear/connect',
        'Enter the credential of work here:',
        'http://localhost:4747/connections/work/connect',
      ].join('\n')}\n`,
    )
    expect(await desk.exported()).toEndWith(
      'connections:\n  linear:\n    integration: linear\n    policies: {}\n  work:\n    integration: apify\n    sign_in: token\n    policies: {}\n',
    )
  })

  test('is felt at once by a server that runs', async () => {
    await desk.apply(bank('{pay: allow}'))
    const app = await serving(desk)
    const agent = await app.agent()
    cleanUp.push(() => agent.close())
    expect(outcome(await agent.call('bank', 'pay'))).toBe('executed')
    await desk.apply(bank('{pay: deny}'))
    expect(outcome(await agent.call('bank', 'pay'))).toBe('blocked')
    await desk.apply(file(' {}\n'), '--prune')
    expect(outcome(await agent.call('bank', 'pay'))).toBe('invalid')
  }, 60_000)

  test('is about the things of one user, and with several says whose', async () => {
    await desk.withRooms(({ identity }) =>
      identity.humans.addUser('two@example.org', 'a good long password', 'operator'),
    )
    const path = desk.file(bank('{}'))
    for (const args of [['export'], ['apply', path], ['connection', 'test']])
      expect(await desk.refused(args)).toBe('There are several users; say whose with --user EMAIL.')
    await desk.ok(['apply', path, '--user', 'two@example.org'])
    await desk.addOwn('mine', far.url, '--no-auth', '--user', 'owner@example.org')
    expect(await desk.ok(['export', '--user', 'two@example.org'])).not.toContain('mine')
    expect(await desk.ok(['apply', path, '--user', 'two@example.org', '--prune'])).toBe('Nothing to change.\n')
  })
})

describe('an allow', () => {
  test('without a hash holds for the definition that is stored, and shows when that is another than before', async () => {
    await desk.apply(bank('{pay: allow}'))
    far.tools = [{ name: 'pay', description: 'Pays twice' }]
    await desk.ok(['integration', 'refresh', 'bank'])
    expect(JSON.parse(await desk.ok(['policy', 'list', '--json']))).toMatchObject([{ source: 'definition_changed' }])
    const exported = await desk.exported()
    // What has gone stale stays so: nobody has looked at what the tool has become.
    expect(await desk.apply(exported)).toBe('Nothing to change.\n')
    expect(await desk.apply(bank('{pay: allow}'))).toBe(
      '~ policy bank pay: allow, for another definition than it has → allow  (loosens)\nApplied.\n',
    )
    expect(await desk.apply(exported)).toBe(
      '~ policy bank pay: allow → allow, for another definition than it has  (loosens)\nApplied.\n',
    )
  })

  test('without a hash is refused for a tool that is not known', async () => {
    const misspelt = await desk.refused(['apply', desk.file(bank('{pax: allow}'))])
    expect(misspelt).toEndWith(
      'agentport.yaml:6:16: "pax" cannot be allowed, for there is no such tool. Did you mean pay?',
    )
    const unread = file(`  bank:\n    sign_in: token\n${own('    policies: {pay: allow}\n')}`)
    expect(await desk.refused(['apply', desk.file(unread)])).toEndWith(
      '"pay" cannot be allowed, for its tools are not known yet: apply without this line, connect it, then apply again; or give the hash of the definition.',
    )
    expect(JSON.parse(await desk.ok(['integration', 'list', '--json']))).toEqual([])
  })

  test('with a hash stays closed where the tool is another', async () => {
    await desk.apply(bank('{pay: allow}'))
    const exported = await desk.exported()
    const other = await elsewhere()
    far.tools = [{ name: 'pay', description: 'Pays somebody else' }]
    expect(await other.apply(exported)).toContain(
      '+ policy bank pay: allow, for another definition than it has  (loosens)\n',
    )
    const app = await serving(other)
    const agent = await app.agent()
    cleanUp.push(() => agent.close())
    expect(outcome(await agent.call('bank', 'pay'))).toBe('approval_required')
    expect(await other.exported()).toBe(exported)
  }, 60_000)

  test.each([
    ['the very same', undefined, 'executed'],
    ['another', 'Pays somebody else', 'approval_required'],
  ])(
    'set before the owner signs in holds once the tool is read and is %s',
    async (_, description, end) => {
      await desk.ok(
        ['integration', 'add', 'custom', '--as', 'bank', '--url', far.url, '--allow-private-network', '--token-stdin'],
        { stdin: 'tok_1' },
      )
      await desk.ok(['policy', 'set', 'bank', 'pay', 'allow'])
      await desk.ok(['policy', 'set', 'bank', 'refund', 'deny'])
      const exported = await desk.exported()
      const other = await elsewhere()
      expect(await other.apply(exported)).toContain(
        '+ policy bank pay: allow, once its definition is found to be the same  (loosens)\n+ policy bank refund: deny\n',
      )
      expect(await other.exported()).toBe(exported)
      far.tools = [{ name: 'pay', ...(description === undefined ? {} : { description }) }, { name: 'refund' }]
      const app = await serving(other)
      const page = await (await (await app.person()).get('/connections/bank')).text()
      expect(page).toContain('Said beforehand</h2>')
      expect(page).not.toContain('does not offer it any more')
      await app.rooms.upstreams.setCredentials(app.userId, 'bank', { token: 'tok_2', extra: {} }, 'operator')
      const agent = await app.agent()
      cleanUp.push(() => agent.close())
      expect(outcome(await agent.call('bank', 'pay'))).toBe(end)
      expect(outcome(await agent.call('bank', 'refund'))).toBe('blocked')
      expect(await other.exported()).toBe(exported)
    },
    60_000,
  )
})

describe('a round trip', () => {
  test('gives the very same, here and elsewhere', async () => {
    await desk.addOwn('bank', far.url)
    await desk.addOwn('2nd', far.url, '--no-auth', '--allow-private-host', 'LOGIN.lan:443')
    await desk.ok(
      [
        'integration',
        'add',
        'custom',
        '--as',
        'plain',
        '--url',
        far.url,
        '--allow-private-network',
        '--token-stdin',
        '--header',
        'X-Key',
        '--format',
        'Key {token}',
      ],
      { stdin: 'tok' },
    )
    await desk.ok([
      'integration',
      'add',
      'custom',
      '--as',
      'signed',
      '--url',
      far.url,
      '--allow-private-network',
      '--oauth',
    ])
    await desk.ok(['integration', 'add', 'apify', '--as', 'apify-work'])
    await desk.ok(['policy', 'set', 'bank', 'pay', 'allow'])
    await desk.ok(['policy', 'set', 'bank', 'refund', 'require_approval'])
    await desk.ok(['policy', 'set', 'plain', 'refund', 'deny'])
    const exported = await desk.exported()
    expect(await desk.apply(exported)).toBe('Nothing to change.\n')
    expect(await desk.apply(exported, '--prune')).toBe('Nothing to change.\n')
    const other = await elsewhere()
    await other.apply(exported)
    expect(await other.exported()).toBe(exported)
    expect(await other.apply(exported, '--prune')).toBe('Nothing to change.\n')
    const asJson = await desk.ok(['export', '--json'])
    expect(await other.apply(asJson, '--prune')).toBe('Nothing to change.\n')
    expect(await other.ok(['export', '--json'])).toBe(asJson)
  }, 60_000)

  test('of what was written by hand is what export writes', async () => {
    await desk.apply(bank('{pay: deny}'))
    expect(
      (await desk.exported())
        .split('\n')
        .filter((line) => !line.startsWith('#'))
        .join('\n'),
    ).toBe(
      `version: 1\nconnections:\n  bank:\n    url: ${far.url}\n    allow_private:\n      - "${place()}"\n    policies:\n      pay: deny\n`,
    )
  })

  test('the hash in it is that of the definition alone, on every instance', async () => {
    far.tools = [{ name: 'pay' }]
    await desk.apply(bank('{pay: allow}'))
    const canonical = '{"inputSchema":{"type":"object"},"name":"pay"}'
    const hash = new Bun.CryptoHasher('sha256').update(canonical).digest('hex')
    expect(await desk.exported()).toContain(`pay: {mode: allow, definition: "${hash}"}`)
  })
})
