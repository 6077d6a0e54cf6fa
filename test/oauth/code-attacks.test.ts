import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test'
import { validateAuthorizationResponseIssuer } from '@modelcontextprotocol/client'
import { type App, startApp } from '../harness/app.ts'
import { OAuthProgram, REDIRECT, type TokenAnswer } from '../harness/oauth-program.ts'
import { Person } from '../harness/person.ts'
import { allRows } from '../harness/tables.ts'
import { Wire } from '../harness/wire.ts'

let app: App
let person: Person
let program: OAuthProgram
/** A program of its own, well registered, that the same person has let in before. */
let attacker: OAuthProgram

beforeAll(async () => {
  app = await startApp()
  person = await app.person()
})
afterAll(() => app.stop())
let known: string[] = []
beforeEach(async () => {
  program = new OAuthProgram(app.origin)
  attacker = new OAuthProgram(app.origin)
  if (known.length === 0) {
    for (const each of [program, attacker]) await each.register()
    known = [program.clientId, attacker.clientId]
  }
  ;[program.clientId, attacker.clientId] = known as [string, string]
})

const opens = async ({ access_token }: TokenAnswer) =>
  (await new Wire(app.origin, access_token).modern('tools/list')).status === 200
const REFUSED = { status: 400, error: 'invalid_grant' }

describe('a code that an attacker got hold of', () => {
  test('is nothing to another program, whichever verifier it brings', async () => {
    const stolen = await program.code(person)
    expect(await attacker.exchange(stolen)).toMatchObject(REFUSED)
    expect(await attacker.exchange(stolen, { code_verifier: program.verifier })).toMatchObject(REFUSED)
    // And it was no use to keep it from the program either.
    expect((await program.exchange(stolen)).status).toBe(200)
  })

  test('is nothing under the program’s own id without the verifier, and then to nobody', async () => {
    const stolen = await program.code(person)
    const thief = new OAuthProgram(app.origin)
    thief.clientId = program.clientId
    expect(await thief.exchange(stolen)).toMatchObject(REFUSED)
    expect(await program.exchange(stolen)).toMatchObject(REFUSED)
  })

  test('put into the program’s own answer is refused: it was given for another verifier', async () => {
    // The attacker lets the program in to an account of their own, and puts that code into the victim's browser, or the other way round.
    await app.rooms.identity.humans.addUser('attacker@example.org', 'a good long password', 'operator')
    const account = await new Person(app.origin, 'attacker@example.org', 'a good long password').signIn()
    const elsewhere = new OAuthProgram(app.origin)
    elsewhere.clientId = program.clientId
    const injected = await elsewhere.code(account)
    const before = allRows(app.dataDir).agents
    expect(await program.exchange(injected)).toMatchObject(REFUSED)
    expect(allRows(app.dataDir).agents).toEqual(before)
  })

  test('is nothing for another address than the one that it was sent to', async () => {
    const stolen = await program.code(person)
    expect(await program.exchange(stolen, { redirect_uri: 'http://127.0.0.1:1/callback' })).toMatchObject(REFUSED)
  })

  test('is nothing to another AgentPort', async () => {
    const elsewhere = await startApp()
    const there = new OAuthProgram(elsewhere.origin)
    await there.register()
    expect(await there.exchange(await program.code(person))).toMatchObject(REFUSED)
    await elsewhere.stop()
  })
})

describe('a code that is used twice', () => {
  test('by who knows all of it ends what came of it, and nothing else', async () => {
    const others = await attacker.signIn(person)
    const used = await program.code(person)
    const tokens = await program.exchange(used)
    const later = await program.refresh(tokens.refresh_token)
    expect(await program.exchange(used)).toMatchObject(REFUSED)
    expect([await opens(tokens), await opens(later)]).toEqual([false, false])
    expect(await program.refresh(later.refresh_token)).toMatchObject(REFUSED)
    expect(await opens(others)).toBe(true)
    const last = [...app.rooms.audit.events()].at(-1)
    expect(last).toMatchObject({ name: 'agent.reuse_noticed', details: '{"what":"code"}' })
  })

  test('at once, ten times: nothing of what came of it is left', async () => {
    const used = await program.code(person)
    const answers = await Promise.all(Array.from({ length: 10 }, () => program.exchange(used)))
    const issued = answers.filter(({ status }) => status === 200)
    expect(issued).toHaveLength(1)
    for (const tokens of issued) expect(await opens(tokens)).toBe(false)
  })

  test('by who saw it in a history or a log, and knows no verifier, ends nothing', async () => {
    const used = await program.code(person)
    const tokens = await program.exchange(used)
    const thief = new OAuthProgram(app.origin)
    thief.clientId = program.clientId
    expect(await thief.exchange(used)).toMatchObject(REFUSED)
    expect(await attacker.exchange(used, { code_verifier: program.verifier })).toMatchObject(REFUSED)
    expect(await program.exchange(used, { redirect_uri: 'http://127.0.0.1:1/callback' })).toMatchObject(REFUSED)
    expect(await opens(tokens)).toBe(true)
  })
})

describe('who signs in again under a registered id', () => {
  test('takes the place of their last time, and of nobody else’s', async () => {
    await app.rooms.identity.humans.addUser('other@example.org', 'a good long password', 'operator')
    const other = await new Person(app.origin, 'other@example.org', 'a good long password').signIn()
    const mine = await program.signIn(person)
    const theirs = await program.signIn(other)
    const again = await program.signIn(person)
    expect([await opens(mine), await opens(theirs), await opens(again)]).toEqual([false, true, true])
  })

  test('loses nothing by asking alone: it takes the person’s yes and the code', async () => {
    const mine = await program.signIn(person)
    await person.get(program.authorizePath())
    await program.answer(person, { decision: 'deny' })
    await program.answer(person, { decision: 'allow' })
    expect(await opens(mine)).toBe(true)
  })
})

/** RFC 9207: a program that speaks to several servers is led to the wrong one with a right answer. */
describe('in a mix-up', () => {
  const metadata = async () =>
    (await (await fetch(`${app.origin}/.well-known/oauth-authorization-server`)).json()) as {
      issuer: string
      authorization_response_iss_parameter_supported: boolean
    }

  test('each answer, yes, no and error, says that it is ours, to the letter of the metadata', async () => {
    const { issuer, authorization_response_iss_parameter_supported: says } = await metadata()
    expect(says).toBe(true)
    for (const decision of ['allow', 'deny']) {
      const { led } = await program.answer(person, { decision })
      expect(led?.searchParams.getAll('iss')).toEqual([issuer])
    }
    const wrong = await person.get(program.authorizePath({ response_type: 'token' }))
    expect(await wrong.text()).toContain(`iss=${encodeURIComponent(issuer)}`)
  })

  test('the official client takes our answer, and no answer that says another issuer, or none', async () => {
    const { issuer, authorization_response_iss_parameter_supported: issParameterSupported } = await metadata()
    const { led } = await program.answer(person)
    const check = (iss: string | undefined) => () =>
      validateAuthorizationResponseIssuer({ iss, expectedIssuer: issuer, issParameterSupported })
    expect(check(led?.searchParams.get('iss') ?? undefined)).not.toThrow()
    expect(check('https://attacker.example')).toThrow()
    expect(check(`${issuer}/`)).toThrow()
    expect(check(undefined)).toThrow()
  })

  test('a program cannot register an address that brings an issuer of its own', async () => {
    const bad = await new OAuthProgram(app.origin).register({
      redirect_uris: [`${REDIRECT}?iss=https://honest.example`],
    })
    expect([bad.status, ((await bad.json()) as { error: string }).error]).toEqual([400, 'invalid_redirect_uri'])
  })
})
