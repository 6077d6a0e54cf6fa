/**
 * The program that the official client suite runs: our own rooms over an empty data directory, and an owner who installs the server
 * at the URL given, signs in where it asks for that, and tries every tool. Only for tests: it opens what an owner would have to open.
 */

import { isJsonObject, type JsonObject, type JsonValue } from '../../src/lib/json.ts'
import { silentLogger } from '../../src/lib/logger.ts'
import { createOutbound, hostAndPort, type OutboundFetch } from '../../src/lib/outbound.ts'
import { buildRooms } from '../../src/server/server.ts'
import { CLIENT_DOCUMENT_PATH, clientDocument } from '../../src/upstreams/upstreams.ts'
import { ANYBODY } from '../harness/anybody.ts'
import { tempDir } from '../harness/temp-dir.ts'

/** Public and https, so that our client document counts; nobody listens there. */
const ORIGIN = 'https://agentport.example.org'
const SLUG = 'far'
/** A person does not go on signing in for ever. */
const MOST_SIGN_INS = 3

const url = process.argv.at(-1) ?? ''
const scenario = process.env.MCP_CONFORMANCE_SCENARIO ?? ''
const context = JSON.parse(process.env.MCP_CONFORMANCE_CONTEXT ?? '{}') as JsonObject

const real = createOutbound()
const outbound: OutboundFetch = async (target, init, limits) =>
  String(target) === ORIGIN + CLIENT_DOCUMENT_PATH
    ? Response.json(clientDocument(ORIGIN))
    : real(target, init, { ...limits, allowedPrivate: hostAndPort(new URL(target)) })

const data = tempDir()
const rooms = buildRooms({ dataDir: data.path, masterKey: null, logger: silentLogger, outbound })
const { upstreams, identity } = rooms
const { id: userId } = await identity.humans.addUser('owner@example.org', 'correct horse battery', 'operator')
const person = { userId, sessionHash: 'the only one' }
const signsIn = scenario.startsWith('auth/')

async function install(alsoOpened: string[] = []): Promise<void> {
  const existing = await upstreams.find(userId, SLUG)
  if (existing) await upstreams.remove(existing.id, 'operator')
  const auth = { method: signsIn ? ('oauth' as const) : ('none' as const) }
  const added = { userId, slug: SLUG, integrationId: 'custom', name: SLUG, url, auth, alsoOpened }
  await upstreams.add({ ...added, allowPrivateNetwork: true, actor: 'operator' })
}

/** As an owner does whose sign-in server stands in their own network: it is named, so they open it. */
async function openWhatIsNamed(error: unknown): Promise<void> {
  const named = /http:\/\/(\S+) is not https/.exec(String(error))?.[1]
  if (named === undefined) throw error
  await install([named])
}

/** @param again whether a person who reads that the server refused what was just granted would start once more. */
async function signIn(again = true): Promise<void> {
  const entered = context.client_id
  const client = typeof entered === 'string' ? { id: entered, secret: String(context.client_secret) } : null
  const start = () => upstreams.signIns.start(person, { slug: SLUG, origin: ORIGIN, client })
  const { url: page } = await start().catch((error) => openWhatIsNamed(error).then(start))
  const consent = await fetch(page, { redirect: 'manual' })
  const back = new URL(consent.headers.get('location') ?? '')
  const end = await upstreams.signIns.finish(person, back.searchParams)
  if (again && end.end === 'nothing_changed' && end.message.includes('(401)')) return signIn(false)
  if (end.end !== 'signed_in') throw new Error(`Not signed in: ${JSON.stringify(end)}`)
}

const standing = async () => {
  const connection = await upstreams.find(userId, SLUG)
  if (!connection) throw new Error('The connection is gone')
  return connection
}

/** The calls that the scenario wants, or one of each tool, with something of each type that it requires. */
async function plannedCalls(): Promise<{ name: string; arguments: JsonObject }[]> {
  const { toolCalls } = context
  if (Array.isArray(toolCalls)) return toolCalls as { name: string; arguments: JsonObject }[]
  const tools = await upstreams.tools((await standing()).id)
  const [first] = tools
  return tools.map(({ definition: { name, inputSchema } }) => {
    const { properties, required } = inputSchema
    const names = Array.isArray(required) ? required.map(String) : []
    const some = (each: string) => {
      // One scenario wants to see the first tool's schema as we have it.
      if (each === 'schema') return first?.definition.inputSchema ?? null
      return someValue(isJsonObject(properties) ? properties[each] : undefined)
    }
    return { name, arguments: Object.fromEntries(names.map((each) => [each, some(each)])) }
  })
}

function someValue(schema: JsonValue | undefined): JsonValue {
  const type = isJsonObject(schema) ? schema.type : null
  if (type === 'integer' || type === 'number') return 5
  if (type === 'boolean') return true
  if (type === 'array') return []
  return type === 'object' ? {} : 'text'
}

async function call(name: string, args: JsonObject): Promise<void> {
  for (let signIns = 0; ; signIns++) {
    const lookup = await upstreams.tool(userId, SLUG, name)
    if (lookup.found === 'tool') {
      const end = await lookup.handle.run(args, ANYBODY, { signal: new AbortController().signal })
      console.log(name, JSON.stringify(end))
    }
    const { oauthStatus } = await standing()
    const needsOwner = oauthStatus === 'sign_in_needed' || oauthStatus === 'wider_access_needed'
    if (!needsOwner || signIns === MOST_SIGN_INS - 1) return
    await signIn()
  }
}

try {
  await install()
  if (signsIn) await signIn()
  for (const { name, arguments: args } of await plannedCalls()) await call(name, args)
} finally {
  await upstreams.close()
  rooms.store.close()
  data.remove()
}
process.exit(0)
