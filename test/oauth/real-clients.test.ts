import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import type { Browser, Page } from 'playwright-core'
import { type Agent, GENERATIONS, outcome, requestId, text } from '../harness/agent.ts'
import { type App, startApp } from '../harness/app.ts'
import { fillSignIn, openBrowser, openPage, shown } from '../harness/browser.ts'
import { FarEnd } from '../harness/far-end.ts'
import { SdkProgram } from '../harness/sdk-program.ts'
import { TestClock } from '../harness/test-clock.ts'

// What a person lives through with a program that was given <origin>/mcp and nothing else.

const MINUTE = 60_000
const clock = new TestClock()
const far = new FarEnd([{ name: 'look' }, { name: 'pay' }])
let app: App
let browser: Browser

beforeAll(async () => {
  far.start()
  far.act = ({ name, arguments: args }) => ({ content: [{ type: 'text', text: `${name} ${JSON.stringify(args)}` }] })
  app = await startApp({ clock })
  await app.install('bank', far.url)
  await app.setPolicy('bank', 'look', 'allow')
  browser = await openBrowser()
})
afterAll(async () => {
  await browser.close()
  await app.stop()
  await far.stop()
})

describe.each([...GENERATIONS])('a program with a %s client', (generation) => {
  let program: SdkProgram
  let page: Page
  let agent: Agent
  const rest = () => agent.close().catch(() => {})

  beforeAll(async () => {
    program = new SdkProgram(`${app.origin}/mcp`, generation)
    ;({ page } = await openPage(browser))
  })
  afterAll(async () => {
    await rest()
    await page.context().close()
    await program.stop()
  })

  /** The person lets it in, and the browser brings the program what it waits for. */
  async function allow(): Promise<Agent> {
    await page.getByRole('button', { name: 'Allow', exact: true }).click()
    await page.getByRole('heading', { name: 'Back at the program' }).waitFor()
    return program.finish(await program.answer())
  }
  const revoke = async () => {
    const agents = await app.rooms.identity.agents.list(app.userId)
    const mine = agents.find((each) => each.clientId === program.client?.client_id && each.revokedAt === null)
    await app.rooms.identity.agents.revoke(app.userId, mine?.id ?? '', `user:${app.userId}`)
  }

  test('learns from a 401 where to sign in, registers itself, and has a page of ours opened', async () => {
    const toOpen = await program.pageToOpen()
    expect(program.asked).toEqual([
      'POST /mcp',
      'GET /.well-known/oauth-protected-resource/mcp',
      'GET /.well-known/oauth-authorization-server',
      'POST /oauth/register',
    ])
    expect(toOpen).toStartWith(`${app.origin}/oauth/authorize?`)
    await page.goto(toOpen)
  })

  test('the person, who is not signed in, is led to sign in and back to the question', async () => {
    expect(await shown(page.getByRole('main'))).toContain('Then you decide whether the program may come in.')
    await fillSignIn(page)
    await page.getByRole('heading', { name: 'Real client' }).waitFor()
    const asked = await shown(page.getByRole('main'))
    expect(asked).toContain(`the computer you sit at (${new URL(program.redirectUri).host})`)
    expect(asked).toContain('It can never approve')
  })

  test('Allow leads on to the program by itself, which learns the code and nothing of where it comes from', async () => {
    agent = await allow()
    const [brought] = program.brought
    expect([...(brought?.url.searchParams.keys() ?? [])].toSorted()).toEqual(['code', 'iss', 'state'])
    expect(brought?.headers.get('referer')).toBeNull()
    expect(brought?.headers.get('cookie')).toBeNull()
  })

  test('has our eleven tools, and an allowed call gives the real result', async () => {
    expect(await agent.listTools()).toHaveLength(11)
    const result = await agent.call('bank', 'look', { at: generation })
    expect([outcome(result), text(result)]).toEqual(['executed', `look {"at":"${generation}"}`])
  })

  test('waits for a gated call, which the person approves in the same browser', async () => {
    const asked = await agent.call('bank', 'pay', { amount: 42 }, 'As you said.')
    expect(outcome(asked)).toBe('approval_required')
    const waiting = agent.await(requestId(asked))
    await page.goto(/http\S+\/approve\/\w+/.exec(text(asked))?.[0] ?? '')
    await page.getByRole('button', { name: 'Approve once', exact: true }).click()
    const result = await waiting
    expect([outcome(result), text(result)]).toEqual(['executed', 'pay {"amount":42}'])
  })

  test('gets its next token by itself when an hour is over', async () => {
    const before = program.tokens
    await clock.advance(31 * MINUTE)
    expect(outcome(await agent.call('bank', 'look'))).toBe('executed')
    expect(program.tokens).toEqual(before)
    await clock.advance(31 * MINUTE)
    expect(outcome(await agent.call('bank', 'look'))).toBe('executed')
    expect(program.tokens?.access_token).not.toBe(before?.access_token)
    expect(program.tokens?.refresh_token).not.toBe(before?.refresh_token)
  })

  test('loses none of many calls that find the token over at the same time', async () => {
    await clock.advance(31 * MINUTE)
    expect(outcome(await agent.call('bank', 'look'))).toBe('executed')
    await clock.advance(31 * MINUTE)
    const refreshes = program.asked.length
    const results = await Promise.all(Array.from({ length: 6 }, (_, n) => agent.call('bank', 'look', { n })))
    expect(results.map(outcome)).toEqual(Array(6).fill('executed'))
    expect(program.asked.slice(refreshes)).toContain('POST /oauth/token')
    expect(outcome(await agent.call('bank', 'look'))).toBe('executed')
  })

  test('is shut out the moment it is revoked, and is let in anew even days later, by the registration it has', async () => {
    const held = requestId(await agent.call('bank', 'pay', { amount: 7 }))
    const ran = far.calls.length
    await revoke()
    const refusal = await agent.call('bank', 'look').catch((error: Error) => error)
    expect(refusal.constructor.name).toBe('UnauthorizedError')
    expect(far.calls).toHaveLength(ran)
    expect((await app.rooms.approvals.find(app.userId, held))?.request.state).toBe('expired')
    await rest()
    const clientId = program.client?.client_id
    await clock.advance(49 * 60 * MINUTE)
    await page.goto(await program.pageToOpen())
    agent = await allow()
    expect(outcome(await agent.call('bank', 'look'))).toBe('executed')
    expect(program.client?.client_id).toBe(clientId)
    // What the earlier sign-in asked is nothing to this one.
    expect(outcome(await agent.await(held))).toBe('invalid')
  })

  test('signs out by itself, and what it had opens nothing any more', async () => {
    const had = program.tokens
    expect(await program.signOut()).toBe(200)
    expect((await agent.call('bank', 'look').catch((error: Error) => error)).constructor.name).toBe('UnauthorizedError')
    await rest()
    program.tokens = had
    await page.goto(await program.pageToOpen())
    agent = await allow()
    expect(outcome(await agent.call('bank', 'look'))).toBe('executed')
  })
})
