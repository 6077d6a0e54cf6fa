import { cpSync } from 'node:fs'
import type { ApprovalMode } from '../../src/policy/policy.ts'
import { EMAIL, PASSWORD, startApp } from '../../test/harness/app.ts'
import { freePort } from '../../test/harness/everything.ts'
import { FarEnd } from '../../test/harness/far-end.ts'
import { tempDir } from '../../test/harness/temp-dir.ts'
import { Ledger } from './ledger.ts'
import { Owner } from './owner.ts'
import { Policies } from './policies.ts'
import type { Random } from './random.ts'

/** Allowed, and nobody changes that: whether a gateway works again can be asked with it at any time. */
export const STEADY_TOOL = 'steady'
const AT_FIRST: { [tool: string]: ApprovalMode } = {
  gated: 'require_approval',
  allowed: 'allow',
  [STEADY_TOOL]: 'allow',
}
const AGENTS = 4

/** A data directory with one owner, four agents, one connection to a far end that counts, and the ledger of what they hear and do. */
export interface Stage {
  dataDir: string
  /** The gateway listens there in all its lives, so that sessions and links stay good. */
  port: number
  random: Random
  ledger: Ledger
  owner: Owner
  /** One key for each agent. */
  keys: readonly string[]
  far: FarEnd
}

export async function setStage(dataDir: string, random: Random): Promise<Stage> {
  const ledger = new Ledger(new Policies(AT_FIRST))
  const far = new FarEnd(Object.keys(AT_FIRST).map((name) => ({ name }))).start()
  far.act = async ({ arguments: { token } }) => {
    ledger.ran(String(token))
    await Bun.sleep(random.below(20))
    // It ran, and its answer is lost.
    if (random.chance(0.03)) return new Response(null, { status: 502 })
    return { content: [{ type: 'text', text: String(token) }] }
  }
  // Made elsewhere and copied: this process must not hold files open whose disk will be taken away.
  const made = tempDir()
  const app = await startApp({ dataDir: made.path })
  await app.install('far', far.url)
  const keys: string[] = []
  for (let i = 0; i < AGENTS; i++) keys.push((await app.newKey(`agent ${i}`)).key)
  const definitions = new Map<string, string>()
  for (const [tool, mode] of Object.entries(AT_FIRST)) {
    if (mode !== 'require_approval') await app.setPolicy('far', tool, mode)
    const lookup = await app.rooms.upstreams.tool(app.userId, 'far', tool)
    if (lookup.found === 'tool') definitions.set(tool, lookup.handle.definitionHash)
  }
  await app.stop()
  cpSync(made.path, dataDir, { recursive: true })
  made.remove()
  const port = await quietPort()
  const owner = new Owner({ origin: `http://localhost:${port}`, email: EMAIL, password: PASSWORD, definitions, ledger })
  return { dataDir, port, random, ledger, owner, keys, far }
}

/** Below the ports that systems hand out by themselves: between two lives of the gateway nobody else is given it. */
function quietPort(): Promise<number> {
  return freePort(20_000 + Math.floor(Math.random() * 10_000)).catch(quietPort)
}
