import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { PASSWORD } from '../harness/app.ts'
import { Script } from '../harness/script.ts'
import { type Stage, startStage } from '../harness/stage.ts'
import { allRows } from '../harness/tables.ts'

const DAY_MS = 24 * 60 * 60_000
let stage: Stage
beforeAll(async () => {
  stage = await startStage()
})
afterAll(() => stage.strike())

const FORM = { name: 'nightly report', scope: 'read', lifetime: '30', password: PASSWORD }
const make = (over: Record<string, string> = {}) => stage.person.post('/settings/tokens', { ...FORM, ...over })
const list = () => stage.app.rooms.identity.personalTokens.list(stage.app.userId)
const me = (token: string) => Script.withToken(stage.app.origin, token).get('/api/human/me')

async function made(over: Record<string, string> = {}): Promise<string> {
  const answer = await make(over)
  expect(answer.status).toBe(200)
  const [token] = /app_[A-Za-z0-9_-]{43}/.exec(await answer.text()) ?? []
  if (!token) throw new Error('The page shows no token')
  return token
}

describe('a token is made', () => {
  test('on the page, with the password; it works, and is shown this once', async () => {
    const token = await made()
    expect((await me(token)).body.token).toMatchObject({ name: 'nightly report', scope: 'read' })
    const settings = await (await stage.person.get('/settings')).text()
    expect(settings).toContain('nightly report')
    expect(settings).toContain(token.slice(0, 10))
    expect(settings).not.toContain(token)
  })

  test('and kept as a hash: what the file holds opens nothing', async () => {
    const token = await made()
    const held = JSON.stringify(allRows(stage.app.dataDir))
    expect(held).not.toContain(token)
    expect(held).not.toContain(token.slice(0, 12))
    const { personal_tokens: rows } = allRows(stage.app.dataDir) as { personal_tokens: { token_hash: string }[] }
    for (const { token_hash } of rows) {
      expect((await me(token_hash)).status).toBe(401)
      expect((await me(`app_${token_hash}`)).status).toBe(401)
    }
  })

  test('for as long as was chosen', async () => {
    for (const lifetime of ['7', '30', '90', '365']) {
      const { body } = await me(await made({ lifetime }))
      expect(Date.parse(body.token.expires_at) - stage.clock.now()).toBe(Number(lifetime) * DAY_MS)
    }
  })

  test('of the narrower scope unless the wider is asked for', async () => {
    const scopeOf = async (scope: string) => (await me(await made({ scope }))).body.token.scope
    expect([await scopeOf('tighten'), await scopeOf('read'), await scopeOf('approve'), await scopeOf('')]).toEqual([
      'tighten',
      'read',
      'read',
      'read',
    ])
  })

  test('and the record says so, as it does of the end', async () => {
    await made({ name: 'recorded', scope: 'tighten' })
    const token = (await list()).find(({ name }) => name === 'recorded')
    await stage.person.post(`/settings/tokens/${token?.id}/revoke`, {})
    const events = [...stage.app.rooms.audit.events()].slice(-2)
    const actor = `user:${stage.app.userId}`
    expect(events).toMatchObject([
      { name: 'token.created', actor, subject: token?.id },
      { name: 'token.revoked', actor, subject: token?.id },
    ])
    expect(JSON.parse(events[0]?.details ?? '')).toEqual({
      name: 'recorded',
      scope: 'tighten',
      until: stage.clock.now() + 30 * DAY_MS,
    })
  })
})

describe('a token is not made', () => {
  test.each<[string, Record<string, string>, number, string]>([
    ['without the password, whatever else the page has proven', { password: '' }, 403, 'That was not the password'],
    ['with a wrong one', { password: 'not it' }, 403, 'That was not the password'],
    ['without a name', { name: '   ' }, 400, 'Give the token a name'],
    ['with a name like a book', { name: 'x'.repeat(81) }, 400, 'Give the token a name'],
    ['for ever', { lifetime: 'forever' }, 400, 'Choose for how long'],
    ['for a time of one’s own', { lifetime: '3650' }, 400, 'Choose for how long'],
  ])('%s', async (_, over, status, words) => {
    const before = (await list()).length
    const answer = await make({ scope: 'tighten', ...over })
    const text = await answer.text()
    expect([answer.status, text.includes(words)]).toEqual([status, true])
    // What was filled in is still there, but for the password.
    expect(text).toContain('value="tighten" checked')
    expect(text).not.toContain(PASSWORD)
    expect((await list()).length).toBe(before)
  })

  test('by guessing passwords: wrong ones are slowed down like at the sign-in', async () => {
    for (let i = 0; i < 6; i++) await make({ password: 'not it' })
    expect((await make()).status).toBe(403)
    await stage.clock.advance(61_000)
    expect((await make()).status).toBe(200)
  })

  test('from elsewhere', async () => {
    const answer = await stage.person.post('/settings/tokens', FORM, { 'sec-fetch-site': 'cross-site' })
    expect(answer.status).toBe(403)
  })

  test('beyond fifty', async () => {
    while ((await list()).length < 50) {
      await stage.app.rooms.identity.personalTokens.create(stage.app.userId, {
        name: 'x',
        scope: 'read',
        lifetimeMs: 1,
      })
    }
    expect(await (await make()).text()).toContain('There are 50 tokens already')
    for (const { id } of await list()) await stage.app.rooms.identity.personalTokens.revoke(stage.app.userId, id)
  })
})

describe('a token ends', () => {
  test('when it is revoked on the page, at once', async () => {
    const token = await made({ name: 'to be revoked' })
    const { id } = (await list())[0] ?? { id: '' }
    expect((await stage.person.post(`/settings/tokens/${id}/revoke`, {})).status).toBe(303)
    expect((await me(token)).status).toBe(401)
    expect((await stage.person.post(`/settings/tokens/${id}/revoke`, {})).status).toBe(404)
  })

  test('when its time is over, and the page says so', async () => {
    const token = await made({ name: 'for a week', lifetime: '7' })
    await stage.clock.advance(7 * DAY_MS - 1)
    expect((await me(token)).status).toBe(200)
    await stage.clock.advance(1)
    expect((await me(token)).status).toBe(401)
    expect(await (await stage.person.get('/settings')).text()).toMatch(/for a week[\s\S]*expired/)
  })

  test('when the password is changed: whoever knew the old one may have made it', async () => {
    const token = await made()
    expect((await me(token)).status).toBe(200)
    await stage.app.rooms.identity.humans.setPassword(stage.app.userId, PASSWORD, 'operator')
    expect((await me(token)).status).toBe(401)
    await stage.person.signIn()
  })

  test('when all sessions do, as after a restore', async () => {
    const token = await made()
    await stage.app.rooms.identity.humans.endAllSessions('operator')
    expect((await me(token)).status).toBe(401)
    await stage.person.signIn()
  })

  test('and says when and from where it was last used until then', async () => {
    const token = await made({ name: 'used' })
    expect((await list())[0]).toMatchObject({ name: 'used', lastUsedAt: null })
    await me(token)
    expect((await list())[0]).toMatchObject({ lastUsedAt: stage.clock.now(), lastUsedFrom: expect.any(String) })
  })
})
