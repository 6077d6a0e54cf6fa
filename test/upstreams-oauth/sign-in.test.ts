import { Database } from 'bun:sqlite'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'bun:test'
import { join } from 'node:path'
import { sha256Hex } from '../../src/lib/hashes.ts'
import { outcome, requestId, text } from '../harness/agent.ts'
import { EMAIL, PASSWORD } from '../harness/app.ts'
import { Person } from '../harness/person.ts'
import { allRows } from '../harness/tables.ts'
import { type OAuthStage, startOAuthStage } from './oauth-stage.ts'
import { begin, comeBack, signInTo, visit } from './owner.ts'

const MINUTE = 60_000
let stage: OAuthStage

beforeAll(async () => {
  stage = await startOAuthStage()
})
afterAll(() => stage.strike())
afterEach(() => {
  const { server, end } = stage
  server.visit = 'allows'
  server.account = 'ada'
  server.instead = null
  server.beforeAnswer = null
  end.refused.clear()
})

/** From the button to the address that the service sends the person back to. */
async function toTheCallback(slug: string): Promise<URL> {
  const { to, text: said } = await begin(stage.person, slug)
  if (!to) throw new Error(said)
  return visit(to, stage.app.origin)
}

/** What may be told from outside: all rows, but for what is noted about the attempt itself. */
const rows = () =>
  allRows(stage.app.dataDir, ['audit_events', 'secrets', 'sign_in_attempts', 'instance_facts', 'agents'])

describe('signing in to a service', () => {
  test('goes over its own page and comes back with tools that can be called', async () => {
    const slug = await stage.install()
    expect(await stage.connection(slug)).toMatchObject({ connected: false, oauthStatus: 'not_signed_in', toolCount: 0 })
    const { to, text: said } = await begin(stage.person, slug)
    expect(to?.origin).toBe(stage.server.issuer)
    expect(Object.fromEntries(to?.searchParams ?? [])).toMatchObject({
      response_type: 'code',
      code_challenge_method: 'S256',
      redirect_uri: `${stage.app.origin}/oauth/callback`,
      resource: stage.end.url,
      scope: 'read offline_access',
    })
    expect(said).toContain(`You go on to ${stage.server.place}`)
    const back = await visit(to as URL, stage.app.origin)
    expect(await comeBack(stage.person, back)).toMatchObject({ status: 303, to: `/connections/${slug}` })
    expect(await stage.connection(slug)).toMatchObject({ connected: true, oauthStatus: 'signed_in', toolCount: 1 })
    await stage.app.setPolicy(slug, 'run', 'allow')
    expect(outcome(await stage.call(slug))).toBe('executed')
    expect(stage.end.accounts.at(-1)).toBe('ada')
  })

  test('two accounts of one service each act as themselves', async () => {
    const ada = await stage.connected()
    stage.server.account = 'bob'
    const bob = await stage.connected()
    await stage.call(ada)
    await stage.call(bob)
    expect(stage.end.accounts.slice(-2)).toEqual(['ada', 'bob'])
  })

  test('who finishes must be who started: another user changes nothing, and the right one can still finish', async () => {
    const slug = await stage.install()
    const back = await toTheCallback(slug)
    const stranger = await stage.stranger()
    const before = rows()
    const answer = await comeBack(stranger, back)
    expect(answer.status).toBe(410)
    expect(answer.text).toContain('No sign-in waits for this answer')
    expect(rows()).toEqual(before)
    expect(await comeBack(stage.person, back)).toMatchObject({ status: 303 })
    expect((await stage.connection(slug)).connected).toBe(true)
  })

  test('nor can another session of the same user finish it', async () => {
    const slug = await stage.install()
    const back = await toTheCallback(slug)
    const elsewhere = await new Person(stage.app.origin, EMAIL, PASSWORD).signIn()
    expect((await comeBack(elsewhere, back)).status).toBe(410)
    expect((await stage.connection(slug)).connected).toBe(false)
  })

  test('a person who is not signed in is led to sign in, and the answer is not carried along', async () => {
    const back = await toTheCallback(await stage.install())
    const answer = await fetch(back, { redirect: 'manual' })
    expect(answer.status).toBe(303)
    expect(answer.headers.get('location')).toBe('/sign-in?return_to=%2Foauth%2Fcallback')
  })

  test('an answer is taken once: the second time it changes nothing and says so', async () => {
    const slug = await stage.install()
    const back = await toTheCallback(slug)
    await comeBack(stage.person, back)
    const before = rows()
    const again = await comeBack(stage.person, back)
    expect(again.status).toBe(410)
    expect(again.text).toContain('it was used already')
    expect(rows()).toEqual(before)
  })

  test('of two answers at once one is taken', async () => {
    const slug = await stage.install()
    const back = await toTheCallback(slug)
    const requests = stage.server.tokenRequests.length
    const answers = await Promise.all([1, 2, 3].map(() => comeBack(stage.person, back)))
    expect(answers.map(({ status }) => status).toSorted()).toEqual([303, 410, 410])
    expect(stage.server.tokenRequests.length - requests).toBe(1)
  })

  test('an answer after ten minutes is too late', async () => {
    const slug = await stage.install()
    const back = await toTheCallback(slug)
    await stage.clock.advance(10 * MINUTE + 1)
    const before = rows()
    const late = await comeBack(stage.person, back)
    expect(late.status).toBe(410)
    expect(late.text).toContain('took longer than ten minutes')
    expect(rows()).toEqual(before)
  })

  test('looking at the callback with HEAD uses nothing up', async () => {
    const slug = await stage.install()
    const back = await toTheCallback(slug)
    for (const [site, status] of [
      ['same-origin', 405],
      ['cross-site', 403],
    ] as const) {
      const headers = { cookie: stage.person.cookie, 'sec-fetch-site': site }
      expect((await fetch(back, { method: 'HEAD', headers, redirect: 'manual' })).status).toBe(status)
    }
    expect((await comeBack(stage.person, back)).status).toBe(303)
  })

  test('a callback that nobody began, or that says things twice, is refused in the same words', async () => {
    const { person } = stage
    const back = await toTheCallback(await stage.install())
    const twice = new URL(back)
    twice.searchParams.append('iss', 'https://evil.example')
    for (const search of ['', '?state=x&code=y', `?state=${'a'.repeat(43)}&code=y`, twice.search]) {
      const answer = await person.get(`/oauth/callback${search}`)
      expect([search, answer.status]).toEqual([search, 410])
    }
  })

  test('of many that were begun the last five can be finished', async () => {
    const slug = await stage.install()
    const begun: URL[] = []
    for (let n = 0; n < 6; n++) begun.push(await toTheCallback(slug))
    const [first, second] = begun
    expect((await comeBack(stage.person, first as URL)).status).toBe(410)
    expect((await comeBack(stage.person, second as URL)).status).toBe(303)
  })
})

describe('what works goes on working', () => {
  test('while a person signs in again, and after they cancelled', async () => {
    const slug = await stage.connected()
    const { fingerprint } = await stage.connection(slug)
    stage.server.visit = 'cancels'
    const back = await toTheCallback(slug)
    expect(outcome(await stage.call(slug))).toBe('executed')
    const before = rows()
    const answer = await comeBack(stage.person, back)
    expect(answer.status).toBe(400)
    expect(answer.text).toContain('The sign-in was cancelled at the service. Nothing has changed.')
    expect(rows()).toEqual(before)
    expect(outcome(await stage.call(slug))).toBe('executed')
    expect((await stage.connection(slug)).fingerprint).toBe(fingerprint)
  })

  test('when the answer comes from another server than the person was sent to, nothing of it is used', async () => {
    const slug = await stage.connected()
    for (const iss of ['https://evil.example', null, `${stage.server.issuer}/`]) {
      const back = await toTheCallback(slug)
      if (iss === null) back.searchParams.delete('iss')
      else back.searchParams.set('iss', iss)
      const requests = stage.server.tokenRequests.length
      const answer = await comeBack(stage.person, back)
      expect([iss, answer.status]).toEqual([iss, 400])
      expect(answer.text).toContain('did not come from the server that you were sent to')
      expect(stage.server.tokenRequests).toHaveLength(requests)
    }
    expect(outcome(await stage.call(slug))).toBe('executed')
  })

  test('when an error of another server is answered, its words are not shown', async () => {
    const slug = await stage.install()
    const back = await toTheCallback(slug)
    back.searchParams.set('iss', 'https://evil.example')
    back.searchParams.delete('code')
    back.searchParams.set('error', 'access_denied')
    back.searchParams.set('error_description', 'Call this number')
    expect((await comeBack(stage.person, back)).text).not.toContain('Call this number')
  })

  test('when the service refuses the code', async () => {
    const slug = await stage.connected()
    const back = await toTheCallback(slug)
    back.searchParams.set('code', 'not-the-one')
    const answer = await comeBack(stage.person, back)
    expect(answer.status).toBe(400)
    expect(answer.text).toContain(`${slug} gave no access: its sign-in server answered invalid_grant`)
    expect(outcome(await stage.call(slug))).toBe('executed')
  })

  test('when the server does not take what its own sign-in server has just given', async () => {
    const slug = await stage.connected()
    const { fingerprint } = await stage.connection(slug)
    const back = await toTheCallback(slug)
    const { far } = stage.end
    const guard = far.refuse
    far.refuse = (request) => (request.method === 'POST' ? new Response(null, { status: 401 }) : null)
    const answer = await comeBack(stage.person, back)
    far.refuse = guard
    expect(answer.status).toBe(400)
    expect(answer.text).toContain('refuses the access that it has just given (401)')
    expect((await stage.connection(slug)).fingerprint).toBe(fingerprint)
    expect(outcome(await stage.call(slug))).toBe('executed')
  })

  test('but access is kept where only the tools cannot be read at that moment, and the page says so', async () => {
    const slug = await stage.install()
    const back = await toTheCallback(slug)
    const { far } = stage.end
    const guard = far.refuse
    far.refuse = () => new Response(null, { status: 503 })
    const answer = await comeBack(stage.person, back)
    far.refuse = guard
    expect(answer.status).toBe(303)
    expect(await stage.connection(slug)).toMatchObject({ connected: true, toolCount: 0 })
    expect((await stage.connection(slug)).lastError).toContain('503')
    await stage.person.post(`/connections/${slug}/refresh`, {})
    expect(await stage.connection(slug)).toMatchObject({ toolCount: 1, lastError: null })
  })
})

describe('another sign-in', () => {
  test('may be another account, so it voids what was approved for the one before', async () => {
    const slug = await stage.connected()
    await stage.app.setPolicy(slug, 'run', 'require_approval')
    const asked = requestId(await stage.call(slug, { n: 11 }))
    await stage.person.decide(asked, 'once')
    stage.server.account = 'mallory'
    await signInTo(stage.person, slug)
    const end = await stage.agent.await(asked)
    expect(outcome(end)).toBe('expired')
    expect(text(end)).toContain('another address or account')
    expect(stage.end.accounts).not.toContain('mallory')
  })

  test('takes the place of the one before with all that was kept of it', async () => {
    const slug = await stage.connected()
    const { fingerprint } = await stage.connection(slug)
    await stage.call(slug)
    const before = secrets()
    stage.server.account = 'eve'
    await signInTo(stage.person, slug)
    expect((await stage.connection(slug)).fingerprint).not.toBe(fingerprint)
    await stage.call(slug)
    expect(stage.end.accounts.slice(-2)).toEqual(['ada', 'eve'])
    expect(secrets().length).toBe(before.length)
    expect(secrets().map(({ sealed }) => sealed)).not.toEqual(before.map(({ sealed }) => sealed))
  })

  test('reuses the registration of the first', async () => {
    const slug = await stage.connected()
    const registered = stage.server.registrations.length
    await signInTo(stage.person, slug)
    expect(stage.server.registrations).toHaveLength(registered)
  })
})

test('of an attempt only a hash of its state is kept, and of its session', async () => {
  const slug = await stage.install()
  const { to } = await begin(stage.person, slug)
  const state = to?.searchParams.get('state') ?? ''
  const attempt = inFile('SELECT * FROM sign_in_attempts ORDER BY created_at DESC, rowid DESC').find(
    (row) => row.state_hash === sha256Hex(state),
  )
  expect(attempt).toBeDefined()
  expect(JSON.stringify(attempt)).not.toContain(state)
  await stage.clock.advance(11 * MINUTE)
  await stage.app.rooms.upstreams.signIns.forgetOverdue()
  expect(inFile('SELECT * FROM sign_in_attempts')).toEqual([])
  expect(secrets().filter(({ purpose }) => purpose === 'sign-in-attempt')).toEqual([])
})

function inFile(query: string): { [column: string]: unknown }[] {
  const database = new Database(join(stage.app.dataDir, 'agentport.db'), { readonly: true })
  try {
    return database.query(query).all() as { [column: string]: unknown }[]
  } finally {
    database.close()
  }
}
const secrets = () => inFile('SELECT purpose, sealed FROM secrets ORDER BY id')
