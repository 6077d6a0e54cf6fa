import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import type { MetaToolName } from '../../src/gateway/meta-tools.ts'
import { OPEN_PATHS } from '../../src/server/server.ts'
import { type App, startApp } from '../harness/app.ts'
import { FarEnd } from '../harness/far-end.ts'
import { OAuthProgram } from '../harness/oauth-program.ts'
import type { Person } from '../harness/person.ts'
import { allRows } from '../harness/tables.ts'
import { lastMessage, Wire } from '../harness/wire.ts'

/** Installed, and beyond the agent's limit; each word of it is found nowhere else. */
const SLUG = 'zqhidden'
/** Never installed; as long as the other, so that answers can be compared to the letter. */
const NOBODY = 'zqnobody'
const CATALOGUE = 'stripe'
const WORDS = ['zqsecretname', 'zqsecrettool', 'zqsecretwords', 'zqsecretserver', 'zqsecrettoken']

const far = new FarEnd([{ name: 'run', description: 'Runs' }])
const hidden = new FarEnd([
  { name: 'zqsecrettool', title: 'zqsecretwords', description: 'zqsecretwords', inputSchema: { type: 'object' } },
])
let app: App
let person: Person
let reach: string
let hiddenId: string
/** Requests of each agent from before it was limited: on the hidden connection, decided or not. */
const earlier = new Map<string, string[]>()

/** One agent of each kind, limited in each way there is. */
const AGENTS = ['a program limited on the consent page', 'a program limited later', 'a key limited later'] as const
const credentials = new Map<string, string>()

beforeAll(async () => {
  far.start()
  hidden.start()
  app = await startApp()
  person = await app.person()
  reach = (await app.install('far', far.url)).id
  const { upstreams, identity } = app.rooms
  const add = (slug: string, integrationId: string) =>
    upstreams.add({
      userId: app.userId,
      slug,
      integrationId,
      name: 'zqsecretname',
      url: `${hidden.url}?zqsecretserver`,
      auth: {
        method: 'token',
        place: { header: 'x-key', format: '{token}' },
        credentials: { token: 'zqsecrettoken', extra: {} },
      },
      allowPrivateNetwork: true,
      actor: 'operator',
    })
  hiddenId = (await add(SLUG, 'custom')).connection.id
  await add(CATALOGUE, CATALOGUE)
  await app.setPolicy(SLUG, 'zqsecrettool', 'require_approval')

  const program = async () => {
    const each = new OAuthProgram(app.origin)
    await each.register()
    return each
  }
  const chosen = await (await program()).signIn(person, { reach: 'chosen', connection: reach })
  credentials.set(AGENTS[0], chosen.access_token)
  credentials.set(AGENTS[1], (await (await program()).signIn(person)).access_token)
  const { id, key } = await app.newKey()
  credentials.set(AGENTS[2], key)
  const agents = await identity.agents.list(app.userId)
  for (const agent of AGENTS.slice(1)) {
    const wire = new Wire(app.origin, credentials.get(agent) ?? '')
    const ids: string[] = []
    for (const decision of ['once', 'deny', null] as const) {
      const asked = await wire.call('2026', SLUG, 'zqsecrettool', `{"zqsecretwords":"${decision}"}`)
      const requestId = String(asked._meta?.['agentport/request_id'])
      if (decision) await person.decide(requestId, decision)
      if (decision === 'once') await wire.use('2026', 'agentport__await_approval', `{"request_id":"${requestId}"}`)
      ids.push(requestId)
    }
    earlier.set(agent, ids)
  }
  for (const agent of agents) {
    if (agent.id !== id && agent.connections !== null) continue
    await identity.agents.limit(app.userId, agent.id, { connections: [reach], expiresAt: null }, 'operator')
  }
})
afterAll(async () => {
  await app.stop()
  await far.stop()
  await hidden.stop()
})

type Probe = (slug: string, agent: string) => object
/** What each of our tools could be asked to reach beyond a limit. A tool that is missing here is no tool: see the first test. */
const PROBES: Record<MetaToolName, Probe[]> = {
  agentport__list_installed_integrations: [() => ({})],
  agentport__list_available_integrations: [() => ({}), (slug) => ({ query: slug }), () => ({ query: CATALOGUE })],
  agentport__get_integration: [(slug) => ({ integration_id: slug }), () => ({ integration_id: CATALOGUE })],
  agentport__install_integration: [
    (slug) => ({ integration_id: slug }),
    () => ({ integration_id: CATALOGUE }),
    (slug) => ({ integration_id: CATALOGUE, as: slug }),
    () => ({ integration_id: 'linear', as: CATALOGUE }),
  ],
  agentport__uninstall_integration: [(slug) => ({ integration_id: slug }), () => ({ integration_id: CATALOGUE })],
  agentport__get_auth_status: [(slug) => ({ integration_id: slug }), () => ({ integration_id: CATALOGUE })],
  agentport__start_oauth_flow: [(slug) => ({ integration_id: slug }), () => ({ integration_id: CATALOGUE })],
  agentport__list_integration_tools: [
    () => ({}),
    () => ({ query: 'zqsecrettool zqsecretwords zqsecretname' }),
    () => ({ query: 'run', limit: 1 }),
    () => ({ cursor: Buffer.from('o1').toString('base64url') }),
    (slug) => ({ integration_id: slug }),
    (slug) => ({ integration_id: slug, query: 'zqsecrettool' }),
    (slug) => ({ query: slug }),
  ],
  agentport__describe_tool: [
    (slug) => ({ integration_id: slug, tool_name: 'zqsecrettool' }),
    (slug) => ({ integration_id: slug, tool_name: 'nothing' }),
    () => ({ integration_id: 'far', tool_name: 'zqsecrettool' }),
  ],
  agentport__call_tool: [
    (slug) => ({ integration_id: slug, tool_name: 'zqsecrettool', arguments: {} }),
    (slug) => ({ integration_id: slug, tool_name: 'nothing', arguments: {} }),
    // One letter away, which is when near names are offered.
    (slug) => ({ integration_id: slug.slice(0, -1), tool_name: 'zqsecrettool', arguments: {} }),
    () => ({ integration_id: 'far', tool_name: 'zqsecrettool', arguments: {} }),
  ],
  agentport__await_approval: [0, 1, 2].map(
    (nth): Probe =>
      (slug, agent) => ({
        request_id: slug === SLUG ? (earlier.get(agent)?.[nth] ?? 'nosuchrequest') : 'nosuchrequest',
        timeout_seconds: 1,
      }),
  ),
}
const GENERATIONS = ['2025', '2026'] as const

async function wireOf(credential: string, generation: (typeof GENERATIONS)[number]): Promise<Wire> {
  const wire = new Wire(app.origin, credential)
  if (generation === '2025') await wire.initialize()
  return wire
}

/** Answers without what every request has of its own, and what was sent by ourselves. */
const plain = (answer: unknown, slug: string, args: object) => {
  const said = JSON.stringify(answer, (name, value) => (name === 'agentport/request_id' ? 'id' : value))
  const sent = Object.values(args).filter((each) => typeof each === 'string')
  return [slug, slug.slice(0, -1), ...sent].reduce((text, each) => text.replaceAll(each, '…'), said)
}

test('every tool, and every door that takes an agent’s credential, is in this walk', async () => {
  for (const generation of GENERATIONS) {
    const wire = await wireOf(credentials.get(AGENTS[2]) ?? '', generation)
    const listed = await lastMessage(
      await (generation === '2025' ? wire.request('tools/list') : wire.modern('tools/list')),
    )
    const tools = listed.result?.tools as { name: string }[]
    expect(tools.map(({ name }) => name).toSorted()).toEqual(Object.keys(PROBES).toSorted())
  }
  const doors: string[] = []
  for (const { method, path } of app.serving.routes.filter((route) => !OPEN_PATHS.has(route.path))) {
    const verb = method === 'ALL' ? 'POST' : method
    const asked = await fetch(app.origin + path, {
      method: verb,
      redirect: 'manual',
      headers: { 'sec-fetch-site': 'same-origin' },
      ...(verb === 'POST' ? { body: new URLSearchParams() } : {}),
    })
    // Pages lead a stranger to sign in. Whoever says 401 wants an agent's credential.
    if (asked.status === 401) doors.push(path)
  }
  expect(doors).toEqual(['/mcp'])
})

describe.each([...GENERATIONS])('in the %s generation', (generation) => {
  describe.each([...AGENTS])('%s', (agent) => {
    test.each(Object.keys(PROBES) as MetaToolName[])('finds nothing beyond its limit by %s', async (tool) => {
      const wire = await wireOf(credentials.get(agent) ?? '', generation)
      const kept = ['requests', 'audit_events', 'agents']
      const before = allRows(app.dataDir, kept)
      const seen = hidden.seen.length
      for (const probe of PROBES[tool]) {
        const [args, other] = [probe(SLUG, agent), probe(NOBODY, agent)]
        const answer = await wire.use(generation, tool, JSON.stringify(args))
        const said = plain(answer, SLUG, args)
        for (const word of WORDS) expect([args, word, said.includes(word)]).toEqual([args, word, false])
        expect(said).not.toContain(hiddenId)
        // Not even that it is there: what was never installed is answered in the same words.
        expect(said).toBe(plain(await wire.use(generation, tool, JSON.stringify(other)), NOBODY, other))
      }
      expect(hidden.seen.length).toBe(seen)
      expect(allRows(app.dataDir, kept)).toEqual(before)
    })

    test('is told of the catalogue what it would be told if nothing else were installed', async () => {
      const wire = await wireOf(credentials.get(agent) ?? '', generation)
      const one = await wire.use(generation, 'agentport__get_integration', `{"integration_id":"${CATALOGUE}"}`)
      expect(one.structuredContent).toMatchObject({ id: CATALOGUE, installed: false })
      const all = await wire.use(generation, 'agentport__list_available_integrations', '{}')
      expect(JSON.stringify(all.structuredContent)).toContain('"installed":false')
      expect(JSON.stringify(all.structuredContent)).not.toContain('"installed":true')
      const add = await wire.use(generation, 'agentport__install_integration', `{"integration_id":"${CATALOGUE}"}`)
      expect(add.content[0]?.text).toContain('limited to chosen connections')
    })

    test('still uses what is within it', async () => {
      const wire = await wireOf(credentials.get(agent) ?? '', generation)
      const installed = await wire.use(generation, 'agentport__list_installed_integrations', '{}')
      expect(JSON.stringify(installed.structuredContent)).toContain('"integration_id":"far"')
      const tools = await wire.use(generation, 'agentport__list_integration_tools', '{}')
      expect(tools.structuredContent?.tools).toEqual([expect.objectContaining({ name: 'run' })])
      const asked = await wire.call(generation, 'far', 'run', '{}')
      expect(asked._meta?.['agentport/outcome']).toBe('approval_required')
    })
  })
})

test('nothing of all this was put to a person, or written down as a request to the hidden connection', async () => {
  const requests = allRows(app.dataDir).requests as { connection_id: string; state: string }[]
  const beyond = requests.filter(({ connection_id }) => connection_id === hiddenId)
  expect(beyond.map(({ state }) => state).toSorted()).toEqual([
    'denied',
    'denied',
    'executed',
    'executed',
    'expired',
    'expired',
  ])
})

test('the walk would find it: an agent without a limit is told all of it', async () => {
  const { key } = await app.newKey('unlimited')
  const wire = new Wire(app.origin, key)
  const told: string[] = []
  for (const [tool, probes] of Object.entries(PROBES)) {
    // Reading is enough to see.
    if (/install_integration|await/.test(tool)) continue
    for (const probe of probes) {
      const args = probe(SLUG, '')
      told.push(plain(await wire.use('2026', tool, JSON.stringify(args)), SLUG, args))
    }
  }
  const all = told.join('\n')
  for (const word of ['zqsecretname', 'zqsecrettool', 'zqsecretwords', '"installed":true']) expect(all).toContain(word)
})
