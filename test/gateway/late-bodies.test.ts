import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { type App, startApp } from '../harness/app.ts'
import { FarEnd } from '../harness/far-end.ts'
import { OAuthProgram } from '../harness/oauth-program.ts'
import type { Person } from '../harness/person.ts'
import { type RawConnection, rawConnection } from '../harness/raw-connection.ts'
import { ACCEPT_BOTH, Wire } from '../harness/wire.ts'

/* A body may take half a minute to arrive, and what was true of its sender at the first byte may be over at the last. */

const far = new FarEnd([{ name: 'pay' }])
let app: App
let person: Person
let bankId: string

beforeAll(async () => {
  far.start()
  app = await startApp()
  bankId = (await app.install('bank', far.url)).id
  await app.install('diary', far.url)
  person = await app.person()
})
afterAll(async () => {
  await app.stop()
  await far.stop()
})

/** A request of a session whose body lacks its last byte. */
async function unfinished(credential: string, tool: string): Promise<{ connection: RawConnection; last: string }> {
  const wire = new Wire(app.origin, credential)
  await wire.initialize()
  const body = `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"${tool}","arguments":{}}}`
  const head = [
    'POST /mcp HTTP/1.1',
    `Host: ${new URL(app.origin).host}`,
    `Authorization: Bearer ${credential}`,
    `Mcp-Session-Id: ${wire.session}`,
    `Accept: ${ACCEPT_BOTH}`,
    'Content-Type: application/json',
    `Content-Length: ${body.length}`,
    'Connection: close',
  ]
  const connection = rawConnection(app.origin, `${head.join('\r\n')}\r\n\r\n${body.slice(0, -1)}`)
  // It has to be past the guard.
  await Bun.sleep(100)
  return { connection, last: body.slice(-1) }
}

async function answerTo({ connection, last }: Awaited<ReturnType<typeof unfinished>>): Promise<string> {
  connection.write(last)
  return connection.closed
}

const LIST = 'agentport__list_installed_integrations'

test('a body that arrives after its agent was limited sees what the limit leaves', async () => {
  const { id, key } = await app.newKey()
  const request = await unfinished(key, LIST)
  const limited = await person.post(`/agents/${id}/reach`, { reach: 'chosen', connection: bankId })
  expect(limited.status).toBe(303)
  const answer = await answerTo(request)
  expect(answer).toContain('bank')
  expect(answer).not.toContain('diary')
})

describe('a body that arrives after its credential ended is refused like any later request', () => {
  const refused = async (request: Awaited<ReturnType<typeof unfinished>>) => {
    const answer = await answerTo(request)
    expect(answer).toStartWith('HTTP/1.1 401 ')
    expect(answer.toLowerCase()).toContain('www-authenticate: bearer error="invalid_token"')
    expect(answer).not.toContain('bank')
  }

  test('by the revocation of its key', async () => {
    const { id, key } = await app.newKey()
    const request = await unfinished(key, LIST)
    expect((await person.post(`/agents/${id}/revoke`, {})).status).toBe(303)
    await refused(request)
  })

  test('by the revocation of its access token alone', async () => {
    const program = new OAuthProgram(app.origin)
    const { access_token } = await program.signIn(person)
    const request = await unfinished(access_token, LIST)
    expect((await program.revoke(access_token)).status).toBe(200)
    await refused(request)
  })
})
