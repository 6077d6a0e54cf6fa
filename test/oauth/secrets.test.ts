import { Database } from 'bun:sqlite'
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { sha256Base64url } from '../../src/lib/hashes.ts'
import { silentLogger } from '../../src/lib/logger.ts'
import { buildRooms } from '../../src/server/server.ts'
import { EMAIL, PASSWORD } from '../harness/app.ts'
import { OAuthProgram, type TokenAnswer, waysOut } from '../harness/oauth-program.ts'
import { operatorCommand } from '../harness/operator.ts'
import { Person } from '../harness/person.ts'
import { type Server, serveProgram } from '../harness/program.ts'
import { tempDir } from '../harness/temp-dir.ts'
import { ACCEPT_BOTH, Wire } from '../harness/wire.ts'

setDefaultTimeout(30_000)

let dir: ReturnType<typeof tempDir>
let server: Server
/** By what they are; whatever else happens, they stay between the program and us. */
const secrets: [what: string, secret: string][] = []
/** Everything that was answered to somebody for whom it was not. */
const answers: string[] = []

beforeAll(async () => {
  dir = tempDir()
  const rooms = buildRooms({ dataDir: dir.path, masterKey: null, logger: silentLogger })
  await rooms.identity.humans.addUser(EMAIL, PASSWORD, 'operator')
  rooms.store.close()
  server = await serveProgram(['--data', dir.path, '--port', '0'])
  await live()
})
afterAll(async () => {
  await server.end()
  dir.remove()
})

const keep = ({ access_token, refresh_token, ...rest }: TokenAnswer) => {
  if (access_token) secrets.push(['an access token', access_token], ['a refresh token', refresh_token])
  else answers.push(JSON.stringify(rest))
  return { access_token, refresh_token }
}
const tell = async (response: Promise<Response>) => void answers.push(await (await response).text())

/** A life of sign-ins with all that goes wrong in one. */
async function live() {
  const { origin } = server
  const person = await new Person(origin, EMAIL, PASSWORD).signIn()
  secrets.push(
    ['the cookie', person.cookie.split('=')[1] ?? ''],
    ['the proof', person.proof],
    ['the password', PASSWORD],
  )
  const program = new OAuthProgram(origin)
  await program.register()
  secrets.push(['the verifier', program.verifier])
  const code = async () => {
    const { led, text } = await program.answer(person)
    const given = led?.searchParams.get('code') ?? ''
    secrets.push(['a code', given])
    // On the page that leads on it stands in the address of the program, and nowhere else.
    const { byItself, links } = waysOut(text)
    answers.push(
      [byItself, ...links].reduce<string>(
        (rest, href) => rest.replaceAll(href?.replaceAll('&', '&amp;') ?? '', ''),
        text,
      ),
    )
    return given
  }
  const first = await code()
  const one = keep(await program.exchange(first))
  const two = keep(await program.refresh(one.refresh_token))
  keep(await program.exchange(await code(), { code_verifier: 'a'.repeat(43) }))
  keep(await program.exchange(await code(), { client_id: 'nobody' }))
  keep(await program.exchange(await code(), { resource: 'https://other.example' }))
  keep(await program.refresh(two.refresh_token, { client_id: two.refresh_token }))
  keep(await program.token({ grant_type: two.access_token, code: first }))
  keep(await program.token({ grant_type: 'refresh_token', refresh_token: two.refresh_token, [two.refresh_token]: 'x' }))
  // In places where they do not belong, and from where things are logged.
  const query = new URLSearchParams({ code: await code(), code_verifier: program.verifier, token: two.access_token })
  for (const path of [
    '/oauth/token',
    '/oauth/authorize',
    '/oauth/revoke',
    '/mcp',
    '/nowhere',
    `/${two.access_token}`,
  ]) {
    await tell(fetch(`${origin}${path}?${query}`, { redirect: 'manual' }))
    await tell(fetch(`${origin}${path}?${query}`, { method: 'POST', body: query }))
  }
  await tell(person.get(`/oauth/authorize?${program.request({ client_id: two.access_token })}`))
  await tell(program.revoke(two.access_token, { client_id: two.refresh_token }))
  for (const credential of [first, two.refresh_token, program.verifier]) {
    const headers = { authorization: `Bearer ${credential}`, 'content-type': 'application/json', accept: ACCEPT_BOTH }
    await tell(fetch(`${origin}/mcp`, { method: 'POST', headers, body: '{' }))
  }
  const wire = new Wire(origin, two.access_token)
  for (const tool of ['agentport__list_installed_integrations', 'agentport__list_available_integrations']) {
    answers.push(JSON.stringify(await wire.use('2026', tool, '{}')))
  }
  // What breaks inside is logged with whatever the error says.
  const file = new Database(join(dir.path, 'agentport.db'))
  file.run("CREATE TRIGGER broken BEFORE INSERT ON oauth_tokens BEGIN SELECT RAISE(ABORT, 'broken on purpose'); END")
  keep(await program.exchange(await code()))
  keep(await program.refresh(two.refresh_token))
  file.run('DROP TRIGGER broken')
  file.close()
  // And the end of it: a reuse, with its words in the record.
  const three = keep(await program.refresh(two.refresh_token))
  keep(await program.refresh(three.refresh_token))
  keep(await program.refresh(one.refresh_token))
  keep(await program.exchange(first))
}

/** In clear, in another case, or in the encodings that things are written down in. */
function found(text: string): string[] {
  return secrets.flatMap(([what, secret]) => {
    const bytes = Buffer.from(secret)
    const forms = [
      secret,
      bytes.toString('hex'),
      bytes.toString('base64').replace(/=+$/, ''),
      encodeURIComponent(secret),
    ]
    return forms.some((form) => text.includes(form)) ? [what] : []
  })
}

test('there are secrets of every kind to look for', () => {
  expect([...new Set(secrets.map(([what]) => what))].toSorted()).toEqual([
    'a code',
    'a refresh token',
    'an access token',
    'the cookie',
    'the password',
    'the proof',
    'the verifier',
  ])
  for (const [, secret] of secrets) expect(secret.length).toBeGreaterThan(16)
  expect(answers.length).toBeGreaterThan(30)
})

test('none is in an answer to anything that went wrong, or that was asked for by others', () => {
  expect(answers.flatMap(found)).toEqual([])
})

test('none is in what the server prints, which did say that something broke', () => {
  expect(server.stderr()).toContain('broken on purpose')
  expect(found(server.stdout() + server.stderr())).toEqual([])
  // Nor is any other part of what was being written.
  expect(server.stderr()).not.toContain('params')
})

test('none is in the record, in its export, in a list or in a copy', async () => {
  const copy = join(dir.path, 'copy.db')
  for (const words of [
    ['admin', 'audit', 'export'],
    ['admin', 'audit', 'verify'],
    ['admin', 'key', 'list', '--json'],
    ['admin', 'key', 'list'],
    ['admin', 'backup', copy],
    ['doctor'],
  ]) {
    const { stdout, stderr } = await operatorCommand(dir.path, words)
    expect([words, found(stdout + stderr)]).toEqual([words, []])
  }
  expect(found(readFileSync(copy).toString('latin1'))).toEqual([])
})

test('none is in a file of the data directory; of tokens and codes there are hashes only', () => {
  const files = readdirSync(dir.path).filter((name) => name.startsWith('agentport.db'))
  expect(files.length).toBeGreaterThan(1)
  for (const name of files) {
    expect([name, found(readFileSync(join(dir.path, name)).toString('latin1'))]).toEqual([name, []])
  }
  const file = new Database(join(dir.path, 'agentport.db'), { readonly: true })
  const codes = file.query('SELECT code_hash, code_challenge FROM oauth_codes').all() as Record<string, string>[]
  file.close()
  expect(codes.length).toBeGreaterThan(3)
  const verifier = secrets.find(([what]) => what === 'the verifier')?.[1] ?? ''
  for (const { code_hash, code_challenge } of codes) {
    expect(code_hash).toMatch(/^[0-9a-f]{64}$/)
    // What the browser has seen anyway.
    expect(code_challenge).toBe(sha256Base64url(verifier))
  }
})
