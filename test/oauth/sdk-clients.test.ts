import { Database } from 'bun:sqlite'
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { join } from 'node:path'
import { Client as ClientV2, StreamableHTTPClientTransport as TransportV2 } from '@modelcontextprotocol/client'
import { Client as ClientV1 } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport as TransportV1 } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { GENERATIONS, type Generation, outcome, type ToolResult } from '../harness/agent.ts'
import { type App, startApp } from '../harness/app.ts'
import { FarEnd } from '../harness/far-end.ts'
import { OAuthProgram, REDIRECT, waysOut } from '../harness/oauth-program.ts'
import type { Person } from '../harness/person.ts'
import { TestClock } from '../harness/test-clock.ts'

const HOUR = 60 * 60_000
const clock = new TestClock()
const far = new FarEnd([{ name: 'run' }])
let app: App
let person: Person

beforeAll(async () => {
  far.start()
  app = await startApp({ clock })
  await app.install('far', far.url)
  await app.setPolicy('far', 'run', 'allow')
  person = await app.person()
})
afterAll(async () => {
  await app.stop()
  await far.stop()
})

/** What an official client keeps between its requests, as a program would on its disk. */
class Keychain {
  client: { client_id: string } | undefined
  kept: { access_token: string; refresh_token?: string } | undefined
  verifier = ''
  discovered: unknown
  /** Where the client wants its person's browser. */
  opened: URL[] = []
  readonly redirectUrl = REDIRECT
  readonly clientMetadata = { client_name: 'Official client', redirect_uris: [REDIRECT] }

  state = () => `state ${this.opened.length}`
  clientInformation = () => this.client
  saveClientInformation(client: Keychain['client']) {
    this.client = client
  }
  tokens = () => this.kept
  saveTokens(tokens: Keychain['kept']) {
    this.kept = tokens
  }
  redirectToAuthorization(url: URL) {
    this.opened.push(url)
  }
  saveCodeVerifier(verifier: string) {
    this.verifier = verifier
  }
  codeVerifier = () => this.verifier
  discoveryState = () => this.discovered
  saveDiscoveryState(state: unknown) {
    this.discovered = state
  }
  invalidateCredentials(scope: string) {
    if (scope === 'all' || scope === 'client') this.client = undefined
    if (scope === 'all' || scope === 'tokens') this.kept = undefined
  }
}

/** A program that knows only the /mcp URL, made with an official client. */
class OfficialProgram {
  readonly keychain = new Keychain()
  constructor(readonly generation: Generation) {}

  #transport() {
    const url = new URL(`${app.origin}/mcp`)
    const options = { authProvider: this.keychain as never }
    return this.generation === 'v1' ? new TransportV1(url, options) : new TransportV2(url, options)
  }

  /** One session, or one connection, for one call. @throws when it is not signed in. */
  async call(): Promise<ToolResult> {
    const info = { name: 'official', version: '1' }
    const modern = { versionNegotiation: { mode: { pin: '2026-07-28' } } } as const
    const client =
      this.generation === 'v1' ? new ClientV1(info) : new ClientV2(info, this.generation === 'v2-2026' ? modern : {})
    // biome-ignore lint/suspicious/noExplicitAny: the two generations share this much and no type.
    const either = client as any
    try {
      await either.connect(this.#transport())
      const args = { integration_id: 'far', tool_name: 'run', arguments: {} }
      return await either.callTool({ name: 'agentport__call_tool', arguments: args })
    } finally {
      await either.close()
    }
  }

  /** The person follows the client's link, says yes, and the browser brings the answer back. */
  async consent(): Promise<void> {
    const asked = this.keychain.opened.at(-1) ?? new URL('about:blank')
    const shown = await person.get(asked.pathname + asked.search)
    expect(await shown.text()).toContain('Official client')
    const form = new URLSearchParams([...asked.searchParams, ['decision', 'allow'], ['reach', 'all']])
    const answered = await person.post('/oauth/authorize', form)
    const { searchParams } = new URL(waysOut(await answered.text()).byItself ?? '')
    expect(searchParams.get('state')).toBe(asked.searchParams.get('state'))
    const transport = this.#transport()
    if (transport instanceof TransportV1) await transport.finishAuth(searchParams.get('code') ?? '')
    else await transport.finishAuth(searchParams)
  }

  async signIn(): Promise<void> {
    await expect(this.call()).rejects.toThrow()
    await this.consent()
  }
}

describe.each([...GENERATIONS])('the official client, %s, that knows only the /mcp URL', (generation) => {
  test('registers, is let in, and calls', async () => {
    const program = new OfficialProgram(generation)
    await program.signIn()
    const [asked] = program.keychain.opened
    expect(asked?.origin).toBe(app.origin)
    expect(Object.fromEntries(asked?.searchParams ?? [])).toMatchObject({
      code_challenge_method: 'S256',
      resource: `${app.origin}/mcp`,
    })
    expect(outcome(await program.call())).toBe('executed')
  })

  test('refreshes by itself when an hour has passed, and asks nobody', async () => {
    const program = new OfficialProgram(generation)
    await program.signIn()
    const before = program.keychain.kept
    await clock.advance(HOUR)
    expect(outcome(await program.call())).toBe('executed')
    expect(program.keychain.kept?.access_token).not.toBe(before?.access_token)
    expect(program.keychain.kept?.refresh_token).not.toBe(before?.refresh_token)
    expect(program.keychain.opened).toHaveLength(1)
  })

  test('that was revoked asks its person again, and goes on under the same registration', async () => {
    const program = new OfficialProgram(generation)
    await program.signIn()
    const { client } = program.keychain
    const hand = new OAuthProgram(app.origin)
    hand.clientId = client?.client_id ?? ''
    expect((await hand.revoke(program.keychain.kept?.refresh_token ?? '')).status).toBe(200)
    await program.signIn()
    expect(program.keychain.client).toEqual(client)
    expect(program.keychain.opened).toHaveLength(2)
    expect(outcome(await program.call())).toBe('executed')
  })

  test('that was forgotten here registers anew by itself', async () => {
    const program = new OfficialProgram(generation)
    await program.signIn()
    const { client } = program.keychain
    // As after a restore of a copy from before it came.
    const file = new Database(join(app.dataDir, 'agentport.db'))
    file.run('DELETE FROM oauth_tokens')
    file.run('DELETE FROM oauth_clients WHERE id = ?', [client?.client_id ?? ''])
    file.close()
    await program.signIn()
    expect(program.keychain.client).not.toEqual(client)
    expect(outcome(await program.call())).toBe('executed')
  })
})
