import { afterAll, beforeAll, beforeEach, expect, setDefaultTimeout, test } from 'bun:test'
import type { SIGN_IN_FAIL_POINTS } from '../../src/lib/fail-point.ts'
import { silentLogger } from '../../src/lib/logger.ts'
import { buildRooms, type Rooms } from '../../src/server/server.ts'
import { EMAIL, PASSWORD } from '../harness/app.ts'
import { freePort } from '../harness/everything.ts'
import { OAuthProgram, type TokenAnswer } from '../harness/oauth-program.ts'
import { operatorCommand } from '../harness/operator.ts'
import { Person } from '../harness/person.ts'
import { type Server, serveProgram } from '../harness/program.ts'
import { tempDir } from '../harness/temp-dir.ts'
import { Wire } from '../harness/wire.ts'

// Each test starts a server process twice or more, which takes seconds on a busy machine.
setDefaultTimeout(30_000)

let dir: ReturnType<typeof tempDir>
let port: number
let server: Server
let rooms: Rooms
let userId: string
let person: Person
let program: OAuthProgram

beforeAll(async () => {
  dir = tempDir()
  port = await freePort()
  rooms = buildRooms({ dataDir: dir.path, masterKey: null, logger: silentLogger })
  userId = (await rooms.identity.humans.addUser(EMAIL, PASSWORD, 'operator')).id
  await start()
  person = await new Person(server.origin, EMAIL, PASSWORD).signIn()
})
beforeEach(async () => {
  program = new OAuthProgram(server.origin)
  await program.register()
})
afterAll(async () => {
  await server.end('SIGKILL')
  await rooms.upstreams.close()
  rooms.store.close()
  dir.remove()
})

/** Always at the same origin, as a service is. */
async function start(failPoint = '') {
  const env = failPoint ? { AGENTPORT_FAIL_POINTS: failPoint } : {}
  server = await serveProgram(['--data', dir.path, '--port', String(port)], { env })
}
async function killAndRestart(failPoint = '') {
  await server.end('SIGKILL')
  await start(failPoint)
}
/** Sends what the server dies of, at the named step, and starts it again. */
async function dyingAt(point: (typeof SIGN_IN_FAIL_POINTS)[number], send: () => Promise<unknown>) {
  await killAndRestart(point)
  await expect(send()).rejects.toThrow()
  await killAndRestart()
}
const opens = async ({ access_token }: TokenAnswer) =>
  (await new Wire(server.origin, access_token).modern('tools/list')).status === 200
const live = async () => (await rooms.identity.agents.list(userId)).filter(({ revokedAt }) => revokedAt === null)

test('killed after the code was used and before its tokens were stored: nothing has happened, and the code still works', async () => {
  const code = await program.code(person)
  await dyingAt('grant used', () => program.exchange(code))
  expect(await live()).toEqual([])
  const tokens = await program.exchange(code)
  expect([tokens.status, await opens(tokens)]).toEqual([200, true])
  expect(await live()).toHaveLength(1)
})

test('killed after the tokens were stored and before they were told: nobody has them, and they are good for nothing', async () => {
  const before = await live()
  const code = await program.code(person)
  await dyingAt('tokens stored', () => program.exchange(code))
  expect(await live()).toHaveLength(before.length + 1)
  // The program cannot know, and asks again: that is a second use, and ends what nobody can use.
  expect(await program.exchange(code)).toMatchObject({ status: 400, error: 'invalid_grant' })
  expect(await live()).toHaveLength(before.length)
  expect(await opens(await program.signIn(person))).toBe(true)
})

test('killed while a refresh token is exchanged, before or after: it is exchanged once more, for the same successor', async () => {
  const first = await program.signIn(person)
  await dyingAt('grant used', () => program.refresh(first.refresh_token))
  const second = await program.refresh(first.refresh_token)
  expect([second.status, await opens(second)]).toEqual([200, true])
  await dyingAt('tokens stored', () => program.refresh(second.refresh_token))
  const [third, again] = [await program.refresh(second.refresh_token), await program.refresh(second.refresh_token)]
  expect([third.status, again.status, again.refresh_token]).toEqual([200, 200, third.refresh_token])
  expect(await opens(third)).toBe(true)
  expect((await program.refresh(third.refresh_token)).status).toBe(200)
})

test('killed right after a revocation: it holds', async () => {
  const tokens = await program.signIn(person)
  expect((await program.revoke(tokens.refresh_token)).status).toBe(200)
  await killAndRestart()
  expect(await opens(tokens)).toBe(false)
  expect(await program.refresh(tokens.refresh_token)).toMatchObject({ error: 'invalid_grant' })
})

test('killed right after the person’s yes: the code works, and works once', async () => {
  const code = await program.code(person)
  await killAndRestart()
  expect((await program.exchange(code)).status).toBe(200)
  await killAndRestart()
  expect(await program.exchange(code)).toMatchObject({ status: 400, error: 'invalid_grant' })
})

test('after all these kills the record still holds', async () => {
  const verified = await operatorCommand(dir.path, ['admin', 'audit', 'verify'])
  expect([verified.code, verified.stderr]).toEqual([0, ''])
})
