import { afterAll, beforeAll, beforeEach, expect, setDefaultTimeout, test } from 'bun:test'
import { silentLogger } from '../../src/lib/logger.ts'
import { buildRooms, type Rooms } from '../../src/server/server.ts'
import { type Agent, connectAgent, outcome, text } from '../harness/agent.ts'
import { until } from '../harness/everything.ts'
import { hang } from '../harness/far-end.ts'
import { type Served, spawnServe } from '../harness/served.ts'
import { latch } from '../harness/stage.ts'
import { tempDir } from '../harness/temp-dir.ts'
import { GuardedEnd } from './guarded-end.ts'
import { visit } from './owner.ts'
import { SignInServer } from './sign-in-server.ts'

setDefaultTimeout(60_000)

/** Short enough to wait for its end, long enough for a call. */
const TOKEN_S = 2

const signIn = new SignInServer()
const end = new GuardedEnd(signIn)
let dir: ReturnType<typeof tempDir>
let rooms: Rooms
let userId: string
let key: string
let server: Served
let agent: Agent

beforeAll(async () => {
  await signIn.start()
  signIn.accessTokenTtlS = TOKEN_S
  end.start()
  dir = tempDir()
  rooms = buildRooms({ dataDir: dir.path, masterKey: null, logger: silentLogger })
  userId = (await rooms.identity.humans.addUser('owner@example.org', 'correct horse battery', 'operator')).id
  key = (await rooms.identity.agents.createKey(userId, 'agent', 'operator')).key
  await start()
})
afterAll(async () => {
  await server.killHard()
  await rooms.upstreams.close()
  rooms.store.close()
  await end.stop()
  await signIn.stop()
  dir.remove()
})
beforeEach(() => {
  signIn.beforeAnswer = null
  end.far.act = () => ({ content: [] })
})

async function start(): Promise<void> {
  server = await spawnServe(dir.path)
  agent = await connectAgent(server.origin, key)
}

/** From outside, as its owner: the server that runs sees it at once. */
async function connect(slug: string): Promise<string> {
  const { connection } = await rooms.upstreams.add({
    userId,
    slug,
    integrationId: 'custom',
    name: slug,
    url: end.url,
    auth: { method: 'oauth' },
    allowPrivateNetwork: true,
    alsoOpened: [signIn.place],
    actor: 'operator',
  })
  const person = { userId, sessionHash: 'a session' }
  const { url } = await rooms.upstreams.signIns.start(person, { slug, origin: server.origin, client: null })
  const back = await visit(new URL(url), server.origin)
  expect(await rooms.upstreams.signIns.finish(person, back.searchParams)).toEqual({ end: 'signed_in', slug })
  const lookup = await rooms.upstreams.tool(userId, slug, 'run')
  if (lookup.found !== 'tool') throw new Error('The far end has lost its tool')
  const { definitionHash } = lookup.handle
  const { id: connectionId } = connection
  await rooms.policy.set({ userId, connectionId, toolName: 'run', definitionHash, mode: 'allow', actor: 'operator' })
  return connectionId
}

const standing = async (slug: string) => (await rooms.upstreams.find(userId, slug))?.oauthStatus

test('killed between the service’s rotation and our store: no call ran, and the next start says what the owner has to do', async () => {
  await connect('lost')
  await Bun.sleep(TOKEN_S * 1_000)
  const rotated = latch()
  const never = latch()
  signIn.beforeAnswer = (path) => {
    if (path !== '/token') return
    rotated.open()
    return never.opened
  }
  const runs = end.accounts.length
  const call = agent.call('lost', 'run').catch(() => 'cut off')
  await rotated.opened
  await server.killHard()
  never.open()
  expect(await call).toBe('cut off')
  signIn.beforeAnswer = null
  await start()

  // The one who was killed may have held the lease for a while yet.
  const failed = await until(async () => {
    const answer = await agent.call('lost', 'run')
    return text(answer).includes('another process') ? null : answer
  }, 40_000)
  expect(outcome(failed)).toBe('failed')
  expect(text(failed)).toContain('The service has ended this sign-in (invalid_grant). The owner has to sign in again.')
  expect(await standing('lost')).toBe('sign_in_needed')
  expect(outcome(await agent.call('lost', 'run'))).toBe('invalid')
  expect(end.accounts.length).toBe(runs)
})

test('killed after our store and before the new token’s first answer: the next start goes on with it', async () => {
  await connect('kept')
  await Bun.sleep(TOKEN_S * 1_000)
  signIn.accessTokenTtlS = 60
  const arrived = latch()
  end.far.act = async (call) => {
    arrived.open()
    await hang(call)
    return { content: [] }
  }
  const { refreshes } = signIn
  void agent.call('kept', 'run').catch(() => {})
  await arrived.opened
  await server.killHard()
  end.far.act = () => ({ content: [] })
  await start()
  expect(outcome(await agent.call('kept', 'run', { n: 2 }))).toBe('executed')
  expect(signIn.refreshes - refreshes).toBe(1)
  expect(await standing('kept')).toBe('signed_in')
})
