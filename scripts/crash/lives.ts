import { APPROVAL_MODES } from '../../src/policy/policy.ts'
import type { GatewayProcess } from './gateway-process.ts'
import type { Entry } from './ledger.ts'
import { type Answer, RawAgent } from './raw-agent.ts'
import { STEADY_TOOL, type Stage } from './stage.ts'

/** Tools whose policy changes now and then. */
const TOOLS = ['gated', 'allowed'] as const
const USUAL = { gated: 'require_approval', allowed: 'allow' } as const

/** Requests that the owner has before them. */
const AT_HAND = 6

/** Everybody who deals with one life of the gateway; resolves once it is gone and they have noticed. @param commands how often an operator command is among it. */
export async function live(stage: Stage, gateway: GatewayProcess, commands = 0.15): Promise<void> {
  const goesOn = () => !gateway.isDead()
  const lives = stage.keys.map((key, i) => liveAsAgent(stage, new RawAgent(gateway.origin, key), i, goesOn))
  const command = stage.random.chance(commands) ? operate(stage) : null
  await Promise.all([...lives, liveAsOwner(stage, goesOn), command])
}

/** Asks, is asked again, awaits: whatever an agent does until the server is gone. */
async function liveAsAgent({ ledger, random }: Stage, agent: RawAgent, owner: number, goesOn: () => boolean) {
  const hear = async (entry: Entry, answer: Promise<Answer>) => {
    const began = performance.now()
    ledger.answered(entry, await answer, performance.now() - began)
  }
  const earlier = ledger.requestsOf(owner)
  if (earlier.length > 0) {
    const { id, entry } = random.pick(earlier)
    await hear(entry, agent.await(id, 1))
  }
  while (goesOn()) {
    const tool = random.chance(0.6) ? 'gated' : random.chance(0.7) ? 'allowed' : STEADY_TOOL
    const entry = ledger.open(owner, tool)
    const call = () => {
      entry.asked += 1
      return hear(entry, agent.call(tool, entry.token))
    }
    await Promise.all(times(random.chance(0.2) ? 2 : 1, call))
    if (random.chance(0.1) && goesOn()) await call()
    const open = ledger.requestsOf(owner).find((request) => request.entry === entry)
    if (open && tool !== STEADY_TOOL && goesOn())
      await Promise.all(times(random.chance(0.4) ? 3 : 1, () => hear(entry, agent.await(open.id, 1))))
    await Bun.sleep(random.below(30))
  }
}

/** So many at once. */
const times = <T>(n: number, act: () => T): T[] => Array.from({ length: n }, act)

/** Decides what waits, one way or the other, sometimes from two tabs at once, and now and then changes their mind about a tool. */
async function liveAsOwner({ ledger, owner, random }: Stage, goesOn: () => boolean) {
  while (goesOn()) {
    await Bun.sleep(random.below(30))
    for (const tool of TOOLS) {
      const policy = ledger.policies.certain(tool)
      // Back to what they are for soon: a tool that is denied for long shows little else.
      if (policy !== USUAL[tool] && random.chance(0.1)) await owner.setPolicyByPage(tool, USUAL[tool])
      else if (random.chance(0.04)) await owner.setPolicyByPage(tool, random.pick(APPROVAL_MODES))
    }
    const undecided = ledger.undecided()
    if (undecided.length === 0) continue
    const mode = random.chance(0.75) ? 'once' : random.chance(0.85) ? 'deny' : 'always'
    // The newest have agents that wait.
    const id = random.pick(random.chance(0.8) ? undecided.slice(-AT_HAND) : undecided)
    await owner.decide(id, mode, random.chance(0.2) ? 2 : 1)
  }
}

async function operate({ dataDir, owner, random }: Stage) {
  await Bun.sleep(random.below(200))
  await owner.setPolicyByCommand(dataDir, random.pick(TOOLS), random.pick(APPROVAL_MODES))
}
