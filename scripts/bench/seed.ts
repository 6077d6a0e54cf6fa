// A log of a million calls as if they had been made: rows and chained events written in bulk, to the letter as the rooms write them one
// by one. Half of the calls were allowed, half approved by a person, and of those some went wrong.

import { Database } from 'bun:sqlite'
import { join } from 'node:path'
import { eventMac, GENESIS } from '../../src/audit/chain.ts'
import { sha256Hex } from '../../src/lib/hashes.ts'
import { newId } from '../../src/lib/ids.ts'
import { silentLogger } from '../../src/lib/logger.ts'
import { buildRooms } from '../../src/server/server.ts'
import { instanceKey, masterKeyFromFile } from '../../src/vault/vault.ts'
import { SERVICES } from './many-tools.ts'

export interface Seeded {
  /** One that made a twentieth of all calls, and one that made five, at the very beginning. */
  agent: string
  rareAgent: string
  /** The place behind which only the last page is left. */
  lastPage: string
  /** A day in the middle, as an address of the page has it. */
  from: string
  until: string
}

type Columns = { [column: string]: string | number | null }

const AGENTS = 20
const TOOLS = 50
export const RARE_TOOL = 'once_in_a_blue_moon'
const DAY_MS = 24 * 60 * 60_000
const DAYS = 80
const PER_COMMIT = 50_000
/** Of a hundred calls that a person was asked about. */
const ENDS = [
  ...Array(80).fill('executed'),
  ...Array(6).fill('tool_error'),
  ...Array(6).fill('denied'),
  ...Array(4).fill('failed'),
  ...Array(2).fill('expired'),
  'unknown',
  'refused',
] as string[]

export async function seedLog(dataDir: string, calls: number): Promise<Seeded> {
  const { facts, agents, auditKey } = await prepare(dataDir)
  const sqlite = new Database(join(dataDir, 'agentport.db'), { strict: true })
  sqlite.run('PRAGMA synchronous = OFF')
  sqlite.run('PRAGMA cache_size = -500000')
  const chain = openChain(sqlite, auditKey, facts.user_id)
  const insert = inserter(sqlite, 'requests')
  const began = Date.now() - DAYS * DAY_MS
  const step = ((DAYS - 1) * DAY_MS) / calls
  const place = { askedAt: 0, id: '' }
  for (let n = 0; n < calls; n++) {
    if (n % PER_COMMIT === 0) sqlite.run('BEGIN')
    const at = Math.floor(began + n * step)
    const rare = n % Math.floor(calls / 100) === 0 && n < calls / 20
    const agent = agents[rare ? 0 : 1 + (n % (AGENTS - 1))] as Agent
    const slug = SERVICES[n % 7] as string
    const call = madeCall(n, at, {
      ...facts,
      principal_id: agent.id,
      principal_name: agent.name,
      connection_slug: slug,
      connection_name: slug,
      tool_name: rare ? RARE_TOOL : `tool_${n % TOOLS}`,
    })
    insert(call.row)
    for (const [name, actor, details] of call.events) chain.append(name, actor, at, String(call.row.id), details)
    if (n === 50) Object.assign(place, { askedAt: at, id: call.row.id })
    if (n % PER_COMMIT === PER_COMMIT - 1 || n === calls - 1) sqlite.run('COMMIT')
  }
  sqlite.run(
    'INSERT INTO last_calls SELECT user_id, connection_id, tool_name, max(asked_at) FROM requests GROUP BY 1, 2, 3 ON CONFLICT DO UPDATE SET at = excluded.at',
  )
  sqlite.close()
  const minute = (day: number) => new Date(began + day * DAY_MS).toISOString().slice(0, 16)
  return {
    agent: agents[1]?.id ?? '',
    rareAgent: agents[0]?.id ?? '',
    lastPage: `${place.askedAt}.${place.id}`,
    from: minute(DAYS / 2),
    until: minute(DAYS / 2 + 1),
  }
}

type Agent = { id: string; name: string }

/** Everything that is the same in all calls, made through the rooms. */
async function prepare(dataDir: string) {
  const { store, identity, upstreams } = buildRooms({ dataDir, masterKey: null, logger: silentLogger })
  const user = (await identity.humans.users())[0]
  const lookup = user && (await upstreams.tool(user.id, 'bench', 'echo'))
  if (!user || lookup?.found !== 'tool') throw new Error('There is no user with a connection called bench')
  const agents: Agent[] = []
  for (let i = 0; i < AGENTS; i++) {
    const name = `agent ${i}`
    agents.push({ id: (await identity.agents.createKey(user.id, name, 'operator')).id, name })
  }
  const auditKey = instanceKey({ store, masterKey: masterKeyFromFile(dataDir, () => true, false) }, 'audit-chain')
  store.close()
  const { connection, definitionHash } = lookup.handle
  const facts = {
    user_id: user.id,
    principal_kind: 'api_key',
    address: '127.0.0.1',
    program: 'agentport-bench 1',
    connection_id: connection.id,
    target: connection.url,
    fingerprint: sha256Hex(connection.url),
    definition_hash: definitionHash,
  }
  return { facts, agents, auditKey }
}

type Event = [name: string, actor: string, details: object]

/** One call from asked to over: its row, and what the record says of it. */
function madeCall(n: number, at: number, facts: Columns & { user_id: string; principal_id: string }) {
  const gated = n % 2 === 1
  const end = gated ? (ENDS[(n >> 1) % ENDS.length] as string) : 'executed'
  const agent = `api_key:${facts.principal_id}`
  const person = `user:${facts.user_id}`
  const args = `{"n":${n % 1_000},"text":"the quick brown fox jumps over the lazy dog"}`
  const argumentsHash = sha256Hex(args)
  const ran = ['executed', 'tool_error', 'failed', 'unknown'].includes(end)
  const isError = end !== 'executed' && end !== 'expired'
  const result = ['executed', 'tool_error'].includes(end)
    ? `{"content":[{"type":"text","text":"the quick brown fox jumps over the lazy dog ${n % 1_000}"}]}`
    : null
  const resultHash = result === null ? null : sha256Hex(result)
  const row: Columns = {
    id: newId(),
    ...facts,
    state: end === 'tool_error' ? 'executed' : end,
    arguments: args,
    arguments_hash: argumentsHash,
    asked_at: at,
    settled_at: at + 40,
    outcome: end === 'refused' ? 'blocked' : end === 'tool_error' ? 'executed' : end,
    is_error: isError ? 1 : end === 'expired' ? null : 0,
    result,
    result_hash: resultHash,
    ...(ran ? { claimed_at: at, duration_ms: 12 } : {}),
    ...(end === 'executed' || end === 'tool_error' ? {} : { message: 'It did not go well.' }),
    ...(!gated ? { decision_mode: 'policy', decided_by: 'policy', decided_at: at } : {}),
    ...(gated && ran ? { decision_mode: 'once', decided_by: person, decided_at: at } : {}),
    ...(end === 'denied' ? { decision_mode: 'deny', decided_by: person, decided_at: at } : {}),
  }
  const asked = {
    connection: facts.connection_slug,
    tool: facts.tool_name,
    definition: facts.definition_hash,
    arguments: argumentsHash,
  }
  const over: Event = [
    `call.${end === 'tool_error' ? 'executed' : end}`,
    'system',
    { result: resultHash, isError, durationMs: 12 },
  ]
  const events = (): Event[] => {
    if (end === 'refused') return [['call.refused', agent, { ...asked, outcome: 'blocked' }]]
    if (end === 'denied')
      return [
        ['call.asked', agent, asked],
        ['call.denied', person, { reason: null }],
      ]
    if (end === 'expired')
      return [
        ['call.asked', agent, asked],
        ['call.expired', 'system', { why: 'Nobody decided in time.' }],
      ]
    if (!gated) return [['call.started', agent, asked], over]
    return [
      ['call.asked', agent, asked],
      ['call.approved', person, { mode: 'once' }],
      ['call.started', agent, {}],
      over,
    ]
  }
  return { row, events: events() }
}

function openChain(sqlite: Database, key: Uint8Array, userId: string) {
  const last = sqlite.query('SELECT seq, mac FROM audit_events ORDER BY seq DESC LIMIT 1').get()
  let { seq, mac } = (last ?? { seq: 0, mac: GENESIS }) as { seq: number; mac: string }
  const insert = inserter(sqlite, 'audit_events')
  return {
    append(name: string, actor: string, at: number, subject: string, details: object) {
      const event = { seq: ++seq, at, userId, name, actor, subject, details: JSON.stringify(details) }
      mac = eventMac(key, mac, event)
      const { userId: user_id, ...columns } = event
      insert({ ...columns, user_id, mac })
    },
  }
}

/** Takes rows by column; what is left out is null. */
function inserter(sqlite: Database, table: string) {
  const columns = (sqlite.query(`PRAGMA table_info(${table})`).all() as { name: string }[]).map(({ name }) => name)
  const statement = sqlite.query(`INSERT INTO ${table} (${columns}) VALUES (${columns.map(() => '?')})`)
  return (row: Columns) => void statement.run(...columns.map((name) => row[name] ?? null))
}
