import { expect, test } from 'bun:test'
import { outcome } from '../harness/agent.ts'
import { startApp } from '../harness/app.ts'
import { FarEnd } from '../harness/far-end.ts'

test('a server that never answers while it is connected to holds a call for a while, and the connection not at all', async () => {
  const far = new FarEnd().start()
  const app = await startApp()
  await app.install('far', far.url)
  await app.setPolicy('far', 'run', 'allow')
  const agent = await app.agent()
  await app.rooms.upstreams.forgetIdleSessions(Number.MAX_SAFE_INTEGER)
  let hanging = true
  far.refuse = () => (hanging ? new Promise<never>(() => {}) : null)
  const began = performance.now()
  expect(outcome(await agent.call('far', 'run', {}))).toBe('failed')
  expect(performance.now() - began).toBeLessThan(17_000)
  expect(far.calls).toHaveLength(0)
  hanging = false
  expect(outcome(await agent.call('far', 'run', {}))).toBe('executed')
  await agent.close()
  await app.stop()
  await far.stop()
}, 40_000)
