import type { Clock } from '../../src/lib/clock.ts'
import { type Logger, silentLogger } from '../../src/lib/logger.ts'
import type { OutboundFetch } from '../../src/lib/outbound.ts'
import type { ApprovalMode } from '../../src/policy/policy.ts'
import { type Rooms, readConfig, type Serving, serve } from '../../src/server/server.ts'
import type { NewConnection, TokenPlace } from '../../src/upstreams/upstreams.ts'
import { type Agent, connectAgent, type Generation } from './agent.ts'
import { Person } from './person.ts'
import { tempDir } from './temp-dir.ts'

export const EMAIL = 'owner@example.org'
export const PASSWORD = 'correct horse battery'

const BEARER: TokenPlace = { header: 'Authorization', format: 'Bearer {token}' }

/** The real app on a real port over a real SQLite file, with one user. */
export interface App {
  origin: string
  rooms: Rooms
  serving: Serving
  dataDir: string
  userId: string
  newKey(name?: string): Promise<{ id: string; key: string }>
  /** A fresh key of its own unless one is given. */
  agent(generation?: Generation, key?: string): Promise<Agent>
  person(): Promise<Person>
  /** Installs an MCP server by its loopback URL. */
  install(slug: string, url: string): Promise<{ id: string; tools: number }>
  /** Installs one that takes a token, as a Bearer token unless told otherwise; with null it still waits for it. */
  installWithToken(
    slug: string,
    url: string,
    token: string | null,
    place?: TokenPlace,
  ): Promise<{ id: string; tools: number }>
  setPolicy(slug: string, tool: string, mode: ApprovalMode): Promise<void>
  stop(): Promise<void>
}

export interface StartApp {
  clock?: Clock
  outbound?: OutboundFetch
  logger?: Logger
  /** Keeps its data when given, for starting again over it. */
  dataDir?: string
  /** Any free one, unless a test has the app come up again where another was. */
  port?: number
  /** The public origin, where it is not the address that the app listens on. */
  url?: string
}

export async function startApp({
  clock,
  outbound,
  logger = silentLogger,
  dataDir,
  port = 0,
  url,
}: StartApp = {}): Promise<App> {
  const own = dataDir === undefined ? tempDir() : null
  const data = dataDir ?? own?.path ?? ''
  const serving = await serve({
    config: readConfig({ data, port: String(port), url }, {}),
    masterKey: null,
    logger,
    ...(clock ? { clock } : {}),
    ...(outbound ? { outbound } : {}),
  })
  const { rooms, origin } = serving
  const { humans, agents } = rooms.identity
  const user = (await humans.findUserByEmail(EMAIL)) ?? (await humans.addUser(EMAIL, PASSWORD, 'operator'))
  const newKey = (name = 'test agent') => agents.createKey(user.id, name, 'operator')
  async function installAs(slug: string, url: string, auth: NewConnection['auth']) {
    const { connection, tools } = await rooms.upstreams.add({
      userId: user.id,
      slug,
      integrationId: 'custom',
      name: slug,
      url,
      auth,
      allowPrivateNetwork: true,
      actor: 'operator',
    })
    return { id: connection.id, tools }
  }
  return {
    origin,
    rooms,
    serving,
    dataDir: data,
    userId: user.id,
    newKey,
    agent: async (generation, key) => connectAgent(origin, key ?? (await newKey()).key, generation),
    person: () => new Person(origin, EMAIL, PASSWORD).signIn(),
    install: (slug, url) => installAs(slug, url, { method: 'none' }),
    installWithToken: (slug, url, token, place = BEARER) =>
      installAs(slug, url, { method: 'token', place, credentials: token === null ? null : { token, extra: {} } }),
    async setPolicy(slug, toolName, mode) {
      const lookup = await rooms.upstreams.tool(user.id, slug, toolName)
      if (lookup.found !== 'tool') throw new Error(`${slug} has no tool ${toolName}`)
      const { connection, definitionHash } = lookup.handle
      await rooms.policy.set({
        userId: user.id,
        connectionId: connection.id,
        toolName,
        definitionHash,
        mode,
        actor: 'operator',
      })
    },
    async stop() {
      await serving.stop()
      own?.remove()
    },
  }
}
