import { afterAll, beforeAll, expect, test } from 'bun:test'
import { GENERATIONS, outcome, requestId } from '../harness/agent.ts'
import { programBuilt } from '../harness/binary.ts'
import { bridgedAgent } from '../harness/bridged-agent.ts'
import { FarEnd } from '../harness/far-end.ts'
import { type OwnServer, ownServer } from '../harness/own-server.ts'
import type { Program } from '../harness/program.ts'

let program: Program
let server: OwnServer
const far = new FarEnd([{ name: 'pay' }]).start()

beforeAll(async () => {
  program = await programBuilt()
  server = await ownServer(program, far.url)
}, 60_000)
afterAll(async () => {
  await server.stop()
  await far.stop()
})

test.each(GENERATIONS)(
  'a %s client whose server is killed while it waits is told so, and goes on with the next one as if nothing had been: one run',
  async (generation) => {
    const env = { AGENTPORT_API_KEY: server.key, AGENTPORT_INSTANCE_URL: server.origin, HOME: server.home }
    const agent = await bridgedAgent(program, env, generation)
    const before = far.calls.length
    const asked = await agent.call('bank', 'pay', { generation })
    const waiting = agent.await(requestId(asked)).catch((error: Error) => error.message)
    await Bun.sleep(300)
    await server.kill()
    expect(await waiting).toContain('its end is not known')
    await server.startAgain()
    const again = agent.await(requestId(asked))
    await (await server.person()).decide(requestId(asked), 'once')
    expect(outcome(await again)).toBe('executed')
    expect(far.calls.slice(before).map((call) => call.arguments)).toEqual([{ generation }])
    await agent.close()
  },
  30_000,
)
