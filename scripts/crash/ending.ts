import { until } from '../../test/harness/everything.ts'
import type { GatewayProcess } from './gateway-process.ts'
import { RawAgent } from './raw-agent.ts'
import { STEADY_TOOL, type Stage } from './stage.ts'

const MOST_FOR_STOP_MS = 10_000

/** The gateway is well again by itself: it says so, its pages come, an allowed call runs, and no agent goes without an answer. */
export async function recovers(stage: Stage, gateway: GatewayProcess, withinMs = 10_000): Promise<void> {
  const { ledger, keys, owner } = stage
  await until(async () => (await fetch(`${gateway.origin}/health`)).ok, withinMs)
  await until(() => owner.seesPages(), withinMs)
  const before = new Map(ledger.answers)
  for (const agent of keys.keys())
    await until(() => (ledger.answers.get(agent) ?? 0) > (before.get(agent) ?? 0) + 1, withinMs)
  const agent = new RawAgent(gateway.origin, keys[0] ?? '')
  await until(async () => {
    const entry = ledger.open(0, STEADY_TOOL)
    entry.asked += 1
    const began = performance.now()
    const answer = await agent.call(STEADY_TOOL, entry.token)
    ledger.answered(entry, answer, performance.now() - began)
    return answer !== null && 'told' in answer && answer.told.word === 'executed'
  }, withinMs)
}

/** Ends it one way or the other; told to stop, it does so in time and with code 0. */
export async function end({ ledger, random }: Stage, gateway: GatewayProcess): Promise<void> {
  if (gateway.isDead())
    throw new Error(`The gateway died by itself, with ${await gateway.exited}: ${await gateway.stderr()}`)
  if (random.chance(0.5)) {
    gateway.kill()
    await gateway.exited
  } else {
    const began = performance.now()
    const code = await gateway.stop()
    const tookMs = performance.now() - began
    if (code !== 0 || tookMs > MOST_FOR_STOP_MS)
      ledger.broken.push(
        `Told to stop, it ended with ${code} after ${Math.round(tookMs)} ms: ${await gateway.stderr()}`,
      )
  }
  const stray = /^.*nobody caught this.*$/m.exec(await gateway.stderr())
  if (stray) ledger.broken.push(`The gateway did not expect this: ${stray[0]}`)
}
