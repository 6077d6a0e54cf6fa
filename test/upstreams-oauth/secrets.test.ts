import { Database } from 'bun:sqlite'
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { cpSync } from 'node:fs'
import { join } from 'node:path'
import type { Logger } from '../../src/lib/logger.ts'
import { silentLogger } from '../../src/lib/logger.ts'
import { buildRooms } from '../../src/server/server.ts'
import { newMasterKey } from '../../src/vault/vault.ts'
import { outcome } from '../harness/agent.ts'
import { ANYBODY } from '../harness/anybody.ts'
import { startApp } from '../harness/app.ts'
import { operatorCommand } from '../harness/operator.ts'
import { tempDir } from '../harness/temp-dir.ts'
import { type OAuthStage, startOAuthStage } from './oauth-stage.ts'
import { begin, comeBack, signInTo, visit } from './owner.ts'

const HOUR = 60 * 60_000

/** The service refuses the code, and repeats all that it was sent. */
async function refusedExchange(slug: string) {
  const { app, person, server } = stage
  const back = await visit((await begin(person, slug)).to as URL, app.origin)
  for (const name of ['code', 'state']) seen.add(back.searchParams.get(name) ?? '')
  server.instead = (request, response) => {
    if (request.url !== '/token') return false
    let sent = ''
    request.on('data', (chunk: Buffer) => {
      sent += chunk
    })
    request.on('end', () => {
      const params = new URLSearchParams(sent)
      seen.add(params.get('code_verifier') ?? '')
      const body = { error: 'invalid_grant', error_description: [...params.values()].join(' ') }
      response.writeHead(400, { 'content-type': 'application/json' }).end(JSON.stringify(body))
    })
    return true
  }
  const answer = await comeBack(person, back)
  server.instead = null
  expect(answer.text).toContain('gave no access: its sign-in server answered invalid_grant, and says “')
  return answer
}

const METADATA = '/.well-known/oauth-authorization-server'
let stage: OAuthStage
const logged: string[] = []
const logger: Logger = {
  info: (message, fields) => void logged.push(JSON.stringify([message, fields])),
  error: (message, fields) => void logged.push(JSON.stringify([message, fields])),
}
/** All that a sign-in is made of, as it goes by at the service. */
const seen = new Set<string>()

beforeAll(async () => {
  stage = await startOAuthStage({ logger })
  const { server } = stage
  server.provider.use(async (context, next) => {
    await next()
    const { route, params } = context.oidc ?? {}
    for (const name of ['code', 'code_verifier', 'refresh_token', 'client_secret'])
      if (route === 'token' && params?.[name]) seen.add(params[name])
    for (const [name, value] of Object.entries((context.body ?? {}) as { [name: string]: unknown }))
      if (['access_token', 'refresh_token', 'client_secret'].includes(name)) seen.add(String(value))
  })
})
afterAll(() => stage.strike())

/** The files that hold it in clear; read by another process, since closing one of them here would end SQLite's locks on it. */
const filesWith = (dataDir: string, secret: string): string =>
  Bun.spawnSync(['grep', '-rlF', '-e', secret, dataDir]).stdout.toString()

test('no token, code, verifier, client secret or state is in a log line, an event, an answer, a page or in clear on disk', async () => {
  const read: string[] = []
  const { app, person, agent, server } = stage
  const slug = await stage.install()
  const { to } = await begin(person, slug)
  seen.add(to?.searchParams.get('state') ?? '')
  const back = await visit(to as URL, app.origin)
  seen.add(back.searchParams.get('code') ?? '')
  const wrong = new URL(back)
  wrong.searchParams.set('iss', 'https://evil.example')
  read.push((await comeBack(person, wrong)).text)
  read.push((await comeBack(person, back)).text)
  const metadata = (await (await fetch(server.issuer + METADATA)).json()) as object
  server.instead = ({ url }, response) => {
    if (url !== METADATA) return false
    response.writeHead(200, { 'content-type': 'application/json' })
    response.end(JSON.stringify({ ...metadata, token_endpoint_auth_methods_supported: ['client_secret_post'] }))
    return true
  }
  const withSecret = await stage.install()
  await signInTo(person, withSecret)
  server.instead = null
  await signInTo(person, slug)
  read.push((await comeBack(person, back)).text)
  await app.setPolicy(slug, 'run', 'allow')
  read.push(JSON.stringify(await stage.call(slug)))
  await stage.clock.advance(2 * HOUR)
  read.push(JSON.stringify(await stage.call(slug)))
  server.instead = ({ url }, response) => {
    if (url !== '/token') return false
    response.writeHead(500).end([...seen].join(' '))
    return true
  }
  await stage.clock.advance(2 * HOUR)
  read.push(JSON.stringify(await stage.call(slug)))
  let error = 'temporarily_unavailable'
  server.instead = ({ url }, response) => {
    if (url !== '/token') return false
    const body = { error, error_description: [...seen].join(' ') }
    response.writeHead(400, { 'content-type': 'application/json' }).end(JSON.stringify(body))
    return true
  }
  read.push(JSON.stringify(await stage.call(slug)))
  error = 'invalid_grant'
  read.push(JSON.stringify(await stage.call(slug)))
  server.instead = null
  read.push((await refusedExchange(slug)).text)
  for (const path of ['/', '/connections', `/connections/${slug}`, `/connections/${withSecret}/connect`, '/log'])
    read.push(await (await person.get(path)).text())
  for (const tool of ['get_auth_status', 'start_oauth_flow', 'get_integration'])
    read.push(JSON.stringify(await agent.use(`agentport__${tool}`, { integration_id: slug })))
  read.push((await operatorCommand(app.dataDir, ['admin', 'integration', 'list', '--json'])).stdout)
  read.push((await operatorCommand(app.dataDir, ['admin', 'audit', 'export'])).stdout)
  read.push((await operatorCommand(app.dataDir, ['doctor'])).stdout)

  // Two states and codes at least, and of each sign-in verifier and tokens, and one secret of a client.
  expect(seen.size).toBeGreaterThanOrEqual(13)
  expect(filesWith(app.dataDir, slug)).toContain('agentport.db')
  for (const secret of seen) {
    expect(secret.length).toBeGreaterThan(20)
    for (const text of [...logged, ...read]) expect(text).not.toContain(secret)
    expect(filesWith(app.dataDir, secret)).toBe('')
  }
})

test('uninstalling leaves nothing of a sign-in behind, nor of one that was begun', async () => {
  const before = countOf('secrets')
  const slug = await stage.connected()
  await begin(stage.person, slug)
  expect(countOf('secrets') - before).toBe(3)
  const { id } = await stage.connection(slug)
  await stage.app.rooms.upstreams.remove(id, 'operator')
  expect(countOf('secrets')).toBe(before)
  for (const table of ['sign_in_attempts', 'client_registrations'])
    expect(countOf(table, `WHERE connection_id = '${id}'`)).toBe(0)
})

test('an answer that comes when the connection was removed meanwhile changes nothing and says so', async () => {
  const slug = await stage.install()
  const back = await visit((await begin(stage.person, slug)).to as URL, stage.app.origin)
  await stage.app.rooms.upstreams.remove((await stage.connection(slug)).id, 'operator')
  expect((await comeBack(stage.person, back)).status).toBe(410)
})

describe('a copy of the data', () => {
  test('works under another master key as it did: tokens, registration, and a sign-in that was begun', async () => {
    const slug = await stage.connected()
    const copy = tempDir()
    await operatorCommand(stage.app.dataDir, ['admin', 'backup', join(copy.path, 'copy.db')])
    const data = join(copy.path, 'data')
    cpSync(join(stage.app.dataDir, 'master.key'), join(data, 'master.key'))
    cpSync(join(copy.path, 'copy.db'), join(data, 'agentport.db'))
    const rotated = await operatorCommand(data, ['admin', 'rotate-key'])
    expect(rotated.stderr).toBe('')
    const rooms = buildRooms({ dataDir: data, masterKey: null, logger: silentLogger, clock: stage.clock })
    const lookup = await rooms.upstreams.tool(stage.app.userId, slug, 'run')
    if (lookup.found !== 'tool') throw new Error(lookup.found)
    const { refreshes } = stage.server
    await stage.clock.advance(HOUR)
    const end = await lookup.handle.run({ n: 1 }, ANYBODY, { signal: new AbortController().signal })
    expect([end.end, stage.server.refreshes - refreshes]).toEqual(['executed', 1])
    await rooms.upstreams.close()
    rooms.store.close()
    copy.remove()
  })

  test('that is restored shows a refresh token that was used since: the service ends the sign-in, and the owner is told', async () => {
    const slug = await stage.connected()
    const copy = tempDir()
    const file = join(copy.path, 'copy.db')
    await operatorCommand(stage.app.dataDir, ['admin', 'backup', file])
    await stage.clock.advance(2 * HOUR)
    expect(outcome(await stage.call(slug))).toBe('executed')
    const data = join(copy.path, 'data')
    cpSync(join(stage.app.dataDir, 'master.key'), join(data, 'master.key'))
    const { stdout, code } = await operatorCommand(data, ['admin', 'restore', file])
    expect([code, stdout.split('\n')[0]]).toEqual([
      0,
      `Restored ${file}. All sessions are ended, and requests that were open are void.`,
    ])
    const restored = await startApp({ dataDir: data, clock: stage.clock })
    const lookup = await restored.rooms.upstreams.tool(stage.app.userId, slug, 'run')
    if (lookup.found !== 'tool') throw new Error(lookup.found)
    const end = await lookup.handle.run({ n: 1 }, ANYBODY, { signal: new AbortController().signal })
    expect(end).toMatchObject({ end: 'failed', message: expect.stringContaining('The owner has to sign in again') })
    await restored.stop()
    copy.remove()
  })
})

test('a process that still holds the old master key renews nothing under it', async () => {
  const data = tempDir()
  const rooms = buildRooms({ dataDir: data.path, masterKey: null, logger: silentLogger })
  const { id: userId } = await rooms.identity.humans.addUser('me@example.org', 'a good long password', 'operator')
  const { store, vault } = rooms
  const id = store.transaction((tx) => vault.seal(tx, { userId, purpose: 'connection' }, 'old'))
  store.transaction((tx) => vault.replace(tx, id, 'new'))
  expect(await vault.open(id)).toBe('new')
  store.transaction((tx) => vault.reseal(tx, newMasterKey()))
  expect(() => store.transaction((tx) => vault.replace(tx, id, 'newer'))).toThrow(
    'The master key was changed meanwhile',
  )
  store.close()
  data.remove()
})

function countOf(table: string, where = ''): number {
  const database = new Database(join(stage.app.dataDir, 'agentport.db'), { readonly: true })
  try {
    return (database.query(`SELECT count(*) AS n FROM ${table} ${where}`).get() as { n: number }).n
  } finally {
    database.close()
  }
}
