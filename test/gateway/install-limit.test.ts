import { expect, test } from 'bun:test'
import { outcome, text } from '../harness/agent.ts'
import { startApp } from '../harness/app.ts'

test('an agent can install a hundred integrations and no more', async () => {
  const app = await startApp()
  const agent = await app.agent()
  const install = (as: string) =>
    agent.use('agentport__install_integration', { integration_id: 'apify', auth_method: 'token', as })
  for (let n = 0; n < 100; n++) expect((await install(`apify-${n}`)).isError).toBeUndefined()
  const refused = await install('one-too-many')
  expect(outcome(refused)).toBe('invalid')
  expect(text(refused)).toContain('too many integrations')
  expect((await install('apify-1')).structuredContent).toMatchObject({ installed: true, connected: false })
  await agent.close()
  await app.stop()
})

test('an id in use for another integration is not offered as its link', async () => {
  const app = await startApp()
  const agent = await app.agent()
  await agent.use('agentport__install_integration', { integration_id: 'apify', auth_method: 'token', as: 'mine' })
  const other = await agent.use('agentport__install_integration', {
    integration_id: 'axiom',
    auth_method: 'token',
    as: 'mine',
  })
  expect(outcome(other)).toBe('invalid')
  expect(text(other)).toContain('another integration')
  await agent.close()
  await app.stop()
})
