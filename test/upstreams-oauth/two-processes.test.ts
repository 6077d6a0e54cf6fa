import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test'
import { join } from 'node:path'
import { type Agent, outcome } from '../harness/agent.ts'
import { type App, startApp } from '../harness/app.ts'
import { GuardedEnd } from './guarded-end.ts'
import { installGuarded, signInTo } from './owner.ts'
import { SignInServer } from './sign-in-server.ts'

setDefaultTimeout(30_000)

const ROUNDS = 4
const CALLS = 10
/** Due for another when a tenth is left. */
const TOKEN_S = 2

const server = new SignInServer()
const end = new GuardedEnd(server)
let app: App
let agent: Agent
let other: Bun.Subprocess<'pipe', 'pipe', 'inherit'>
let lines: AsyncIterator<string>

beforeAll(async () => {
  await server.start()
  server.accessTokenTtlS = TOKEN_S
  end.start()
  app = await startApp()
  agent = await app.agent()
  await installGuarded(app, 'far', end)
  await signInTo(await app.person(), 'far')
  await app.setPolicy('far', 'run', 'allow')
  other = Bun.spawn([process.execPath, join(import.meta.dir, 'other-process.ts'), app.dataDir], {
    stdin: 'pipe',
    stdout: 'pipe',
    stderr: 'inherit',
    env: { PATH: process.env.PATH ?? '' },
  })
  lines = linesOf(other.stdout)
  expect((await lines.next()).value).toBe('ready')
})
afterAll(async () => {
  other.kill()
  await other.exited
  await agent.close()
  await app.stop()
  await end.stop()
  await server.stop()
})

test('two processes renew once between them, at whatever moment their calls come, and both go on with the newest', async () => {
  for (let round = 0; round < ROUNDS; round++) {
    await Bun.sleep(TOKEN_S * 1_000)
    const { refreshes } = server
    const startAt = Date.now() + 25
    other.stdin.write(`${app.userId} far ${CALLS} ${startAt}\n`)
    await other.stdin.flush()
    await Bun.sleep(startAt - Date.now())
    const ours = await Promise.all(Array.from({ length: CALLS }, (_, n) => agent.call('far', 'run', { n })))
    const theirs = JSON.parse((await lines.next()).value ?? '[]') as string[]
    expect([...ours.map(outcome), ...theirs]).toEqual(Array.from({ length: 2 * CALLS }, () => 'executed'))
    expect(server.refreshes - refreshes).toBe(1)
  }
  expect(server.tokenRequests.filter((each) => each.includes('error') || each.includes('invalid'))).toEqual([])
})

async function* linesOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder()
  let rest = ''
  for await (const chunk of stream) {
    const parts = (rest + decoder.decode(chunk, { stream: true })).split('\n')
    rest = parts.pop() ?? ''
    yield* parts
  }
}
