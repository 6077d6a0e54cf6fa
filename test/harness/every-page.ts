import type { JsonObject } from '../../src/lib/json.ts'
import { type Agent, requestId } from './agent.ts'
import { type App, startApp } from './app.ts'
import { callByHand } from './by-hand.ts'
import { until } from './everything.ts'
import { FarEnd, hang } from './far-end.ts'

/** Each page that a signed-in person can be on, by what it shows; calls and tools stand in each of their states. */
export interface EveryPage {
  app: App
  paths: { [page: string]: string }
  /** Those that whoever has not signed in can be on. */
  strangersPaths: string[]
  stop(): Promise<void>
}

export async function stageEveryPage(): Promise<EveryPage> {
  const far = new FarEnd([
    { name: 'list_invoices', description: 'Lists invoices', annotations: { readOnlyHint: true } },
    { name: 'create_refund', description: `Refunds a charge. ${'It explains itself at length. '.repeat(20)}` },
    { name: 'hangs', description: 'Never ends' },
    { name: 'fails' },
  ]).start()
  far.act = (call) => {
    if (call.name === 'hangs') return hang(call).then(() => ({ content: [] }))
    if (call.name === 'fails') return new Response(null, { status: 403 })
    return { content: [{ type: 'text', text: 'ok '.repeat(200) }] }
  }
  const forms = new FarEnd([
    { name: 'everything', description: 'Takes all that a form can hold', inputSchema: FORM },
  ]).start()
  // Its tools come, change and go.
  const drifting = new FarEnd([
    { name: 'sell', description: `Sells. ${'w'.repeat(300)}`, inputSchema: { type: 'object', properties: { to: {} } } },
    { name: 'buy', description: 'Buys' },
  ]).start()
  const app = await startApp()
  await app.install('bank', far.url)
  await app.install('forms', forms.url)
  await app.setPolicy('forms', 'everything', 'allow')
  await app.installWithToken('needs-token', far.url, null)
  for (const scope of ['read', 'tighten'] as const)
    await app.rooms.identity.personalTokens.create(app.userId, { name: `may ${scope}`, scope, lifetimeMs: 3_600_000 })
  const revoked = await app.newKey('revoked')
  await app.rooms.identity.agents.revoke(app.userId, revoked.id, 'operator')
  const agent = await app.agent()
  const token = await app.rooms.identity.humans.newSetupToken(app.userId)
  return {
    app,
    paths: {
      home: '/',
      connections: '/connections',
      connection: '/connections/bank',
      'filtered connection': '/connections/bank?filter=refund',
      'setting many tools': '/connections/bank/bulk?mode=deny',
      policies: '/policies',
      'what may run alone': '/policies?show=alone',
      'policies of one connection': '/policies?connection=bank',
      'token entry': '/connections/needs-token/connect',
      catalogue: '/catalogue',
      'filtered catalogue': '/catalogue?query=data&category=Analytics',
      integration: '/catalogue/datadog',
      'integration that cannot be connected': '/catalogue/gmail',
      'custom server': '/catalogue/custom',
      connect: '/connect',
      log: '/log',
      'filtered log': '/log?tool=create_refund&ending=denied&from=2020-01-01T00:00',
      'searched log': '/log?q=plain+argument&decided=approved',
      'log in which nothing is found': '/log?q=nowhere-to-be-found&agent=gone&until=2199-01-01T00:00',
      agents: '/agents',
      playground: '/playground',
      'tools in the playground': '/playground?connection=bank',
      'a tool in the playground': '/playground?connection=forms&tool=everything',
      'a tool in the playground that takes nothing': '/playground?connection=bank&tool=list_invoices',
      'a call in the playground': `/playground?call=${await callByHand(app, 'forms', 'everything', { text: 'x', list: [] })}`,
      settings: '/settings',
      'API reference': '/api/docs',
      ...(await callsInEveryState(app, agent)),
      ...(await driftedTools(app, agent, drifting)),
    },
    strangersPaths: ['/sign-in', `/setup?token=${token}`, '/setup?token=used', '/nowhere'],
    async stop() {
      await agent.close()
      await app.stop()
      await far.stop()
      await drifting.stop()
      await forms.stop()
    },
  }
}

const FORM: JsonObject = {
  type: 'object',
  required: ['text', 'list'],
  properties: {
    text: { type: 'string', description: 'A text. '.repeat(40) },
    [`long${'g'.repeat(200)}`]: { type: 'number', default: 1.5 },
    choice: { enum: ['one', 'x'.repeat(200), 3] },
    list: { type: 'array', items: { type: 'integer' } },
    group: { type: 'object', properties: { inner: { type: 'object', properties: { flag: { type: 'boolean' } } } } },
    free: {},
  },
}

async function callsInEveryState(app: App, agent: Agent): Promise<EveryPage['paths']> {
  const { approvals } = app.rooms
  const path = (id: string) => `/approve/${id}`
  const ask = async (tool: string, n: number) =>
    requestId(await agent.call('bank', tool, { n, memo: 'a plain argument' }, 'what the agent says'))
  const decide = (id: string, mode: 'once' | 'deny') => approvals.decide(app.userId, id, { mode, reason: 'because' })

  const pending = await ask('create_refund', 1)
  const approved = await ask('create_refund', 2)
  await decide(approved, 'once')
  const denied = await ask('create_refund', 3)
  await decide(denied, 'deny')
  const waiting = `/waiting?agent=${(await approvals.find(app.userId, pending))?.request.principalId}`
  const paths: EveryPage['paths'] = {
    pending: path(pending),
    approved: path(approved),
    denied: path(denied),
    'all that waits of an agent': waiting,
    'what was ticked': `${waiting}&decided=${denied}&late=${approved}&unmatched=${pending}`,
  }
  for (const [state, tool] of [
    ['executed', 'list_invoices'],
    ['failed', 'fails'],
    ['executing', 'hangs'],
  ] as const) {
    const id = await ask(tool, 4)
    await decide(id, 'once')
    await agent.await(id, 1)
    await until(async () => (await approvals.find(app.userId, id))?.request.state === state)
    paths[state] = path(id)
  }
  await app.setPolicy('bank', 'fails', 'deny')
  return { ...paths, refused: path(requestId(await agent.call('bank', 'fails', {}))) }
}

async function driftedTools(app: App, agent: Agent, drifting: FarEnd): Promise<EveryPage['paths']> {
  const { id } = await app.install('shop', drifting.url)
  for (const tool of ['sell', 'buy']) await app.setPolicy('shop', tool, 'allow')
  const schema = { type: 'object', properties: { [`to${'o'.repeat(300)}`]: { enum: ['x'.repeat(300), 1] }, to: true } }
  drifting.tools = [
    { name: 'sell', description: `Sells\u200b out. ${'v'.repeat(300)}`, inputSchema: schema, outputSchema: schema },
    { name: 'rent', description: 'Rents' },
  ]
  await app.rooms.upstreams.refresh(id, 'operator')
  const asked = requestId(await agent.call('shop', 'sell', { to: 1 }))
  return {
    'drifted connection': '/connections/shop',
    'a changed tool': '/connections/shop/tool?name=sell',
    'a new tool': '/connections/shop/tool?name=rent',
    'a tool that is gone': '/connections/shop/tool?name=buy',
    'request about a changed tool': `/approve/${asked}`,
    'tool as it was asked for': `/approve/${asked}/tool`,
  }
}
