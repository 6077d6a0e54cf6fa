// bun run crash [--rounds N] [--seed S]: a gateway that is killed again and again, by kill -9 at random moments and at each
// named step, under random agents, decisions, policy changes and operator commands, against an upstream that counts.
// It asserts that nothing ran twice, nothing acknowledged was lost, every outcome told was true, and that the log verifies.

import { parseArgs } from 'node:util'
import type { RequestRow } from '../../src/approvals/approvals.ts'
import { FAIL_POINTS } from '../../src/lib/fail-point.ts'
import { silentLogger } from '../../src/lib/logger.ts'
import { buildRooms } from '../../src/server/server.ts'
import { freePort } from '../../test/harness/everything.ts'
import { FarEnd } from '../../test/harness/far-end.ts'
import { operatorCommand } from '../../test/harness/operator.ts'
import { Person } from '../../test/harness/person.ts'
import { tempDir } from '../../test/harness/temp-dir.ts'
import { type GatewayProcess, startGateway } from './gateway-process.ts'
import { Ledger } from './ledger.ts'
import { Random } from './random.ts'
import { RawAgent } from './raw-agent.ts'

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '200' }, seed: { type: 'string' } } })
const rounds = Number(values.rounds)
const random = new Random(
  values.seed === undefined ? (crypto.getRandomValues(new Uint32Array(1))[0] ?? 1) : Number(values.seed),
)
const EMAIL = 'owner@example.org'
const PASSWORD = 'correct horse battery'
const AGENTS = 4

const data = tempDir()
const port = await freePort()
const ledger = new Ledger()
const far = new FarEnd([{ name: 'gated' }, { name: 'allowed' }]).start()
far.act = async ({ arguments: args }) => {
  ledger.entry(String(args.token)).runs += 1
  await Bun.sleep(random.below(20))
  return { content: [{ type: 'text', text: String(args.token) }] }
}

async function mustRun(words: string[], stdin = ''): Promise<string> {
  const { code, stdout, stderr } = await operatorCommand(data.path, words, { stdin })
  if (code !== 0) throw new Error(`${words.join(' ')}: ${stderr}`)
  return stdout.trim()
}

await mustRun(['admin', 'user', 'add', EMAIL, '--password-stdin'], PASSWORD)
await mustRun([
  'admin',
  'integration',
  'add',
  'custom',
  '--as',
  'far',
  '--url',
  far.url,
  '--no-auth',
  '--allow-private-network',
])
await mustRun(['admin', 'policy', 'set', 'far', 'allowed', 'allow'])
const keys = await Promise.all(
  Array.from({ length: AGENTS }, (_, i) => mustRun(['admin', 'key', 'create', `agent ${i}`])),
)

let nextToken = 0
let kills = 0
const killedAt: { [point: string]: number } = {}

/** Asks, is asked again, awaits: whatever an agent does until the server is gone. */
async function liveAsAgent(gateway: GatewayProcess, agent: RawAgent, owner: number): Promise<void> {
  const before = ledger.earlier(owner, random)
  if (before) {
    const told = await agent.await(before.id, 1)
    if (told) before.entry.told.add(told.outcome)
  }
  for (let turn = 0; turn < 3 && !gateway.isDead(); turn++) {
    const gated = random.chance(0.7)
    const token = `t${nextToken++}`
    const entry = ledger.open(token, owner, gated)
    const repeats = gated && random.chance(0.3) ? 2 : 1
    for (let i = 0; i < repeats; i++) {
      entry.asked += 1
      const told = await agent.call(gated ? 'gated' : 'allowed', token)
      if (!told) return
      entry.told.add(told.outcome)
      if (told.requestId) entry.requestIds.add(told.requestId)
    }
    const [id] = entry.requestIds
    if (gated && id) {
      const waited = await agent.await(id, 2)
      if (waited) entry.told.add(waited.outcome)
    }
  }
}

/** Decides what waits, one way or the other, sometimes from two tabs at once. */
async function liveAsPerson(gateway: GatewayProcess, person: Person): Promise<void> {
  while (!gateway.isDead()) {
    await Bun.sleep(random.below(30))
    const open = [...ledger.entries.values()].filter(
      (entry) => entry.gated && entry.requestIds.size > 0 && entry.decision === null,
    )
    if (open.length === 0) continue
    const entry = random.pick(open)
    const [id = ''] = entry.requestIds
    const decision = random.chance(0.8) ? 'once' : 'deny'
    const tabs = random.chance(0.2) ? 2 : 1
    entry.attempted.add(decision)
    const answers = await Promise.all(Array.from({ length: tabs }, () => person.decide(id, decision).catch(() => null)))
    if (answers.some((answer) => answer?.status === 303)) entry.decision = decision
  }
}

async function round(n: number): Promise<void> {
  const atPoint = random.chance(0.6) ? `${random.pick(FAIL_POINTS)}:${1 + random.below(3)}` : ''
  const gateway = await startGateway(data.path, port, atPoint)
  const patience = 150 + random.below(500)
  let byTimer = false
  const timer = setTimeout(() => {
    byTimer = true
    gateway.kill()
  }, patience)
  const lives: Promise<unknown>[] = keys.map((key, i) => liveAsAgent(gateway, new RawAgent(gateway.origin, key), i))
  const person = await new Person(gateway.origin, EMAIL, PASSWORD).signIn().catch(() => null)
  if (person) lives.push(liveAsPerson(gateway, person))
  if (random.chance(0.15)) lives.push(operatorCommand(data.path, ['admin', 'policy', 'set', 'far', 'allowed', 'allow']))
  await gateway.exited
  clearTimeout(timer)
  await Promise.all(lives)
  kills += 1
  const where = byTimer ? 'random' : (atPoint.split(':')[0] ?? '')
  killedAt[where] = (killedAt[where] ?? 0) + 1
  if ((n + 1) % 20 === 0) console.log(`${n + 1} rounds, ${ledger.entries.size} calls`)
}

const began = performance.now()
let failure: unknown = null
try {
  for (let n = 0; n < rounds; n++) await round(n)
} catch (error) {
  failure = error
}

/** One last life, in this process: what was left executing becomes unknown, and everything is held against the ledger. */
const rooms = buildRooms({ dataDir: data.path, masterKey: null, logger: silentLogger })
await rooms.approvals.recover()
const [user] = await rooms.identity.humans.users()
const rows = new Map<string, RequestRow>()
for (const entry of ledger.entries.values()) {
  for (const id of entry.requestIds) {
    const found = await rooms.approvals.find(user?.id ?? '', id)
    if (found) rows.set(id, found.request)
  }
}
const violations = ledger.violations((id) => rows.get(id))
const { events, fault } = await rooms.audit.verify()
const altered = await rooms.approvals.findAlteredPayload()
await rooms.upstreams.close()
rooms.store.close()
await far.stop()

const all = [...ledger.entries.values()]
const count = (word: string) => all.filter((entry) => entry.told.has(word)).length
console.log(
  `${kills} of ${rounds} rounds in ${((performance.now() - began) / 1000).toFixed(0)} s, seed ${random.seed}: ${all.length} calls, ${far.calls.length} runs, ${events} events. ` +
    `Told: ${['executed', 'denied', 'unknown', 'failed', 'expired', 'pending'].map((word) => `${count(word)} ${word}`).join(', ')}. Killed at: ${JSON.stringify(killedAt)}`,
)
if (failure) violations.push(String(failure))
if (fault) violations.push(`The log does not verify: event ${fault.seq} ${fault.fault}`)
if (altered) violations.push(`The payload of request ${altered.requestId} is not the recorded one`)
for (const violation of violations) console.error(`VIOLATION ${violation}`)
if (violations.length === 0) data.remove()
else console.error(`The data is kept in ${data.path}`)
process.exit(violations.length === 0 ? 0 : 1)
