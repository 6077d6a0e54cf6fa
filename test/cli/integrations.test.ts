import { describe, expect, test } from 'bun:test'
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { agentConsole, requestIn } from '../harness/agent-console.ts'
import { until } from '../harness/everything.ts'

const terminal = agentConsole()
const { far, agent, json, refused } = terminal

interface Row {
  id: string
  installed: boolean
  connected: boolean
}

describe('integrations list', () => {
  test('has the installed first, then what could be; and either alone', async () => {
    const all = (await json(['integrations', 'list'])) as Row[]
    expect(all[0]).toEqual({
      id: 'bank',
      name: 'bank',
      type: 'mcp',
      auth_methods: ['none'],
      installed: true,
      connected: true,
    } as Row)
    expect(all.length).toBeGreaterThan(100)
    expect(all.slice(1).some(({ installed }) => installed)).toBe(false)
    expect(((await json(['integrations', 'list', '--installed'])) as Row[]).map(({ id }) => id)).toEqual(['bank'])
    expect(await json(['integrations', 'list', '--available'])).toEqual(all.slice(1))
    await refused(['integrations', 'list', '--installed', '--available'], 'Choose one of --installed and --available.')
  })
})

describe('integrations add', () => {
  const listed = async (id: string) =>
    ((await json(['integrations', 'list', '--installed'])) as Row[]).find((row) => row.id === id)
  const byToken = (id: string) => ['integrations', 'add', id, '--auth', 'token', '--timeout', '1', '--no-open']

  test('of one that needs a credential gives the link where its owner enters it; code 2 when that is not done in time', async () => {
    const { code, stdout, stderr } = await agent([...byToken('airtable'), '-o', 'json'])
    const link = `${terminal.app.origin}/connections/airtable/connect`
    expect(code).toBe(2)
    expect(JSON.parse(stdout)).toEqual({
      integration_id: 'airtable',
      type: 'mcp',
      auth_method: 'token',
      connected: false,
      authorization_url: link,
    })
    expect(stderr).toBe(`Its owner signs in here: ${link}\nSign-in still pending: ${link}\n`)
    expect(await listed('airtable')).toMatchObject({ installed: true, connected: false })
  })

  test('waits until the owner has done it, and is then code 0', async () => {
    far.refuse = (request) =>
      request.headers.get('authorization') === 'Bearer good' ? null : new Response(null, { status: 401 })
    // As apify, but at an address that is there.
    await terminal.app.rooms.upstreams.add({
      userId: terminal.app.userId,
      slug: 'apify',
      integrationId: 'apify',
      name: 'Apify',
      url: far.url,
      auth: { method: 'token', place: { header: 'Authorization', format: 'Bearer {token}' }, credentials: null },
      allowPrivateNetwork: true,
      actor: 'operator',
    })
    const at = terminal.terminal(['integrations', 'add', 'apify', '--no-open'])
    await until(() => at.written().includes('Waiting for its owner to sign in'))
    expect((await terminal.person.post('/connections/apify/connect', { token: 'good' })).status).toBe(303)
    expect(await at.exited).toBe(0)
    expect(at.written()).toMatch(/connected: +.*true/)
    far.refuse = null
    await refused(['integrations', 'add', 'apify'], /^apify is installed already\./)
  })

  test('never sends a token, wherever it came from', async () => {
    const { code, stdout, stderr } = await agent([...byToken('stripe'), '--token', 'sk_secret'])
    expect(code).toBe(2)
    expect(stdout + stderr).not.toContain('sk_secret')
    expect(stderr).toStartWith('The token was not sent: no credential goes through an agent.')
  })

  test('opens the page in the browser, unless told not to', async () => {
    const bin = join(terminal.home, 'bin')
    mkdirSync(bin)
    const opened = join(terminal.home, 'opened')
    writeFileSync(join(bin, 'xdg-open'), `#!/bin/sh\necho "$@" > ${opened}\n`)
    chmodSync(join(bin, 'xdg-open'), 0o755)
    const env = { PATH: `${bin}:${process.env.PATH}` }
    await agent(byToken('airtable'), { env })
    expect(existsSync(opened)).toBe(false)
    await agent(
      byToken('airtable').filter((word) => word !== '--no-open'),
      { env },
    )
    await until(() => existsSync(opened) && readFileSync(opened, 'utf8').endsWith('\n'))
    expect(readFileSync(opened, 'utf8')).toBe(`${terminal.app.origin}/connections/airtable/connect\n`)
  })

  test('of what there is none is code 1', async () => {
    await refused(['integrations', 'add', 'no-such-thing'], /^There is no integration "no-such-thing"/)
    await refused(['integrations', 'add'], /^Usage: agentport integrations add ID/)
  })
})

describe('integrations remove', () => {
  test('asks a human first, and removes once it is approved', async () => {
    await terminal.app.install('spare', far.url)
    const asked = await agent(['integrations', 'remove', 'spare'])
    expect([asked.code, asked.stdout]).toEqual([2, ''])
    expect(asked.stderr).toStartWith('Approval required: ')
    await terminal.person.decide(requestIn(asked.stderr), 'once')
    expect(await json(['integrations', 'remove', 'spare'])).toEqual({ integration_id: 'spare', removed: true })
    await refused(['integrations', 'remove', 'spare'], /^Invalid: /)
  })

  test('with --wait in one command', async () => {
    await terminal.app.install('spare', far.url)
    const at = terminal.terminal(['integrations', 'remove', 'spare', '--wait'])
    await terminal.person.decide(
      await until(() => at.written().includes('/approve/') && requestIn(at.written())),
      'once',
    )
    expect(await at.exited).toBe(0)
    expect(at.written()).toContain('removed:')
  })
})
