import { afterAll, afterEach, beforeAll, expect, test } from 'bun:test'
import { outcome, text } from '../harness/agent.ts'
import { type OAuthStage, startOAuthStage } from './oauth-stage.ts'
import { begin, signInTo } from './owner.ts'

let stage: OAuthStage

beforeAll(async () => {
  stage = await startOAuthStage()
})
afterAll(() => stage.strike())
afterEach(() => {
  stage.end.needs = []
  stage.server.granted = ['read', 'write', 'admin']
})

const status = async (slug: string) =>
  (await stage.agent.use('agentport__get_auth_status', { integration_id: slug })).structuredContent

test('a call that needs more than was granted ends as failed, and everybody learns what would help', async () => {
  const slug = await stage.connected()
  stage.end.needs = ['read', 'write']
  const refused = await stage.call(slug)
  expect(outcome(refused)).toBe('failed')
  expect(text(refused)).toContain('it needs wider access than was granted. agentport__start_oauth_flow gives the link')
  expect(await status(slug)).toMatchObject({ connected: true, oauth_status: 'wider_access_needed' })
  expect((await status(slug))?.last_error).toContain('needs wider access than was granted')
  for (const path of ['/connections', `/connections/${slug}`])
    expect(await (await stage.person.get(path)).text()).toContain('Needs wider access')
  expect(await (await stage.person.get(`/connections/${slug}/connect`)).text()).toContain('Sign in again to grant it')
  const noted = [...stage.app.rooms.audit.events()].filter(({ name }) => name === 'connection.wider_access_needed')
  expect(noted).toHaveLength(1)
})

test('the next sign-in asks for it beside what was granted before, and then the call runs', async () => {
  const slug = await stage.connected()
  stage.end.needs = ['write']
  await stage.call(slug)
  const { to } = await begin(stage.person, slug)
  expect(to?.searchParams.get('scope')?.split(' ').toSorted()).toEqual(['offline_access', 'read', 'write'])
  await signInTo(stage.person, slug)
  expect(await status(slug)).toMatchObject({ oauth_status: 'signed_in', last_error: null })
  expect(outcome(await stage.call(slug))).toBe('executed')
})

test('and so does every later one, so that the wider access is not lost again', async () => {
  const slug = await stage.connected()
  stage.end.needs = ['write']
  await stage.call(slug)
  await signInTo(stage.person, slug)
  expect((await begin(stage.person, slug)).to?.searchParams.get('scope')).toContain('write')
})

test('whatever does not need it goes on working meanwhile', async () => {
  const slug = await stage.connected()
  stage.end.needs = ['admin']
  await stage.call(slug)
  stage.end.needs = []
  expect(outcome(await stage.call(slug))).toBe('executed')
})

test('a person who does not grant it is not asked in circles: nothing happens before they begin again', async () => {
  const slug = await stage.connected()
  stage.end.needs = ['admin']
  await stage.call(slug)
  stage.server.granted = ['read']
  await signInTo(stage.person, slug)
  const requests = stage.server.tokenRequests.length
  for (let n = 0; n < 3; n++) expect(outcome(await stage.call(slug))).toBe('failed')
  expect(stage.server.tokenRequests).toHaveLength(requests)
  expect(await status(slug)).toMatchObject({ connected: true, oauth_status: 'wider_access_needed' })
})

test('a server that asks for what was granted already gets no other sign-in', async () => {
  const slug = await stage.connected()
  const guard = stage.end.far.refuse
  stage.end.far.refuse = () =>
    new Response(null, {
      status: 403,
      headers: { 'www-authenticate': 'Bearer error="insufficient_scope", scope="read"' },
    })
  expect(outcome(await stage.call(slug))).toBe('failed')
  stage.end.far.refuse = guard
  expect(await status(slug)).toMatchObject({ oauth_status: 'signed_in' })
})

test('scopes that are none, or are without end, change nothing that matters', async () => {
  const slug = await stage.connected()
  const guard = stage.end.far.refuse
  for (const scope of ['\\ "', 'é', Array.from({ length: 500 }, (_, n) => `s${n}`).join(' ')]) {
    const says = `Bearer error="insufficient_scope", scope="${scope}"`
    stage.end.far.refuse = () =>
      new Response(null, { status: 403, headers: { 'www-authenticate': Buffer.from(says).toString('latin1') } })
    expect(outcome(await stage.call(slug))).toBe('failed')
  }
  stage.end.far.refuse = guard
  const { to } = await begin(stage.person, slug)
  expect(to?.searchParams.get('scope')?.split(' ').length).toBeLessThanOrEqual(102)
})
