import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { outcome, text } from '../harness/agent.ts'
import { FarEnd } from '../harness/far-end.ts'
import { operatorCommand } from '../harness/operator.ts'
import { type OAuthStage, startOAuthStage } from './oauth-stage.ts'

let stage: OAuthStage
const open = new FarEnd()

beforeAll(async () => {
  open.start()
  stage = await startOAuthStage()
})
afterAll(async () => {
  await stage.strike()
  await open.stop()
})

const use = async (tool: string, args: { [name: string]: string }) => stage.agent.use(`agentport__${tool}`, args)
const linkOf = (slug: string) => `${stage.app.origin}/connections/${slug}/connect`

describe('an agent', () => {
  test('installs what one signs in to, and is given a link to our own page, never to the service', async () => {
    const { structuredContent } = await use('install_integration', { integration_id: 'linear', auth_method: 'oauth' })
    expect(structuredContent).toMatchObject({
      installed: true,
      connected: false,
      integration_id: 'linear',
      authorization_url: linkOf('linear'),
    })
    expect((await use('get_auth_status', { integration_id: 'linear' })).structuredContent).toEqual({
      integration_id: 'linear',
      connected: false,
      auth_method: 'oauth',
      oauth_status: 'not_signed_in',
      last_error: null,
    })
    const { integrations } = (await use('list_installed_integrations', {})).structuredContent as {
      integrations: { integration_id: string }[]
    }
    expect(integrations.find((each) => each.integration_id === 'linear')).toMatchObject({
      auth_method: 'oauth',
      connected: false,
    })
  })

  test('is told to have the owner sign in, where it calls before that', async () => {
    const call = await stage.agent.call('linear', 'create_issue')
    expect(outcome(call)).toBe('invalid')
    expect(text(call)).toBe(
      'linear is not connected yet: its owner has to sign in. agentport__start_oauth_flow gives the link to share.',
    )
  })

  test('signs in by the way that asks least of the owner, unless it names another', async () => {
    const methodOf = async (args: { [name: string]: string }) => {
      await use('install_integration', args)
      const integration_id = args.as ?? args.integration_id ?? ''
      return (await use('get_auth_status', { integration_id })).structuredContent?.auth_method
    }
    expect(await methodOf({ integration_id: 'stripe' })).toBe('oauth')
    expect(await methodOf({ integration_id: 'stripe', auth_method: 'token', as: 'stripe-key' })).toBe('token')
    expect(await methodOf({ integration_id: 'github' })).toBe('token')
  })

  test('cannot sign in to what needs an application registered at the service', async () => {
    const refused = await use('install_integration', { integration_id: 'asana', auth_method: 'oauth' })
    expect(outcome(refused)).toBe('invalid')
    expect(text(refused)).toContain('Asana cannot be connected that way: it offers oauth')
  })

  test('starts a sign-in again by the same link, and what works goes on working', async () => {
    const slug = await stage.connected()
    const { structuredContent } = await use('start_oauth_flow', { integration_id: slug })
    expect(structuredContent?.authorization_url).toBe(linkOf(slug))
    expect(structuredContent?.message).toContain('What works now goes on working until then.')
    expect(outcome(await stage.call(slug))).toBe('executed')
  })
})

describe('the command line', () => {
  const admin = async (...words: string[]) => operatorCommand(stage.app.dataDir, ['admin', 'integration', ...words])

  test('adds a server by URL, and prints the link where its owner signs in', async () => {
    const place = ['--allow-private-network', '--allow-private-host', stage.server.place]
    const { code, stdout } = await admin('add', 'custom', '--as', 'by-url', '--url', stage.end.url, '--oauth', ...place)
    expect({ code, stdout }).toEqual({ code: 0, stdout: `Added by-url. Sign in to it here:\n${linkOf('by-url')}\n` })
    expect(await (await stage.person.get('/connections/by-url/connect')).text()).toContain('Continue')
    const list = await admin('list')
    expect(list.stdout).toMatch(/by-url .* oauth +needs a sign-in/)
  })

  test('adds a known service the same way', async () => {
    const { stdout } = await admin('add', 'notion', '--oauth', '--json')
    expect(JSON.parse(stdout)).toMatchObject({ id: 'notion', connected: false, authorization_url: linkOf('notion') })
  })

  test.each([
    [['add', 'custom', '--as', 'x', '--url', 'https://a.example/mcp', '--oauth', '--no-auth'], 'Choose one of'],
    [['add', 'custom', '--as', 'x', '--url', 'http://a.example/mcp', '--oauth'], 'A token is only sent over https'],
    [['add', 'custom', '--as', 'x', '--url', 'https://a.example/mcp'], '--no-auth, --oauth, or --token-stdin'],
    [
      ['add', 'custom', '--as', 'x', '--url', 'https://a.example/mcp', '--oauth', '--allow-private-host', 'login.lan'],
      'as HOST:PORT',
    ],
    [['add', 'asana', '--oauth'], 'signs in only where programs can register by themselves'],
  ])('refuses %j', async (words, sentence) => {
    const { code, stderr } = await admin(...words)
    expect(code).toBe(1)
    expect(stderr).toContain(sentence)
  })
})

describe('the pages of the catalogue', () => {
  const add = async (place: string, form: Record<string, string>) => {
    const response = await stage.person.post(`/catalogue/${place}`, form)
    return { status: response.status, to: response.headers.get('location'), html: await response.text() }
  }

  test('add a known service, and go on to where one signs in', async () => {
    const first = await add('sentry', { slug: 'sentry', name: 'Sentry', method: 'oauth' })
    expect(first).toMatchObject({ status: 303, to: '/connections/sentry/connect' })
    expect(await stage.connection('sentry')).toMatchObject({ authMethod: 'oauth', name: 'Sentry' })
    const second = await add('sentry', { slug: 'sentry-work', name: 'Sentry at work', method: 'oauth' })
    expect(second).toMatchObject({ status: 303, to: '/connections/sentry-work/connect' })
  })

  test('add any server by its URL, in each way of signing in', async () => {
    const custom = (slug: string, form: Record<string, string>) =>
      add('custom', { url: open.url, slug, name: slug, private_network: 'yes', ...form })
    expect(await custom('open', { method: 'none' })).toMatchObject({ to: '/connections/open' })
    expect(await stage.connection('open')).toMatchObject({ connected: true, toolCount: 1 })
    expect(await custom('keyed', { method: 'token', header: 'X-Key' })).toMatchObject({
      to: '/connections/keyed/connect',
    })
    expect((await stage.connection('keyed')).token).toEqual({ header: 'X-Key', format: '{token}' })
    expect(await custom('signed', { method: 'oauth' })).toMatchObject({ to: '/connections/signed/connect' })
  })

  test.each<[string, Record<string, string>, string]>([
    ['sentry', { method: 'none' }, 'Choose how to sign in.'],
    ['linear', { slug: 'linear', method: 'oauth' }, 'There is already a connection called linear.'],
    ['custom', { url: 'https://a.example/mcp', method: '' }, 'Choose how to sign in.'],
    ['custom', { url: 'http://127.0.0.1:1/mcp', method: 'none' }, '127.0.0.1:1 is not a public address'],
    ['custom', { url: 'https://a.example/mcp', slug: 'Not An Id', method: 'oauth' }, 'A connection id has'],
  ])('of %s say what is wrong with %j, and keep what was filled in', async (place, form, sentence) => {
    const { status, html } = await add(place, { slug: 'x', name: 'x', ...form })
    expect(status).toBeGreaterThanOrEqual(400)
    expect(/role="alert"><bdi>(.*?)<\/bdi>/.exec(html)?.[1]).toStartWith(`Nothing was added. ${sentence}`)
    for (const name of ['url', 'slug']) if (form[name]) expect(html).toContain(`value="${form[name]}"`)
  })

  test('offer a form for what can be connected, and none for what cannot', async () => {
    const formOf = async (id: string) =>
      (await (await stage.person.get(`/catalogue/${id}`)).text()).includes(`action="/catalogue/${id}"`)
    for (const id of ['linear', 'stripe', 'github']) expect([id, await formOf(id)]).toEqual([id, true])
    for (const id of ['asana', 'gmail']) expect([id, await formOf(id)]).toEqual([id, false])
  })
})
