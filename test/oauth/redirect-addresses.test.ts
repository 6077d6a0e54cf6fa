import { Database } from 'bun:sqlite'
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { join } from 'node:path'
import { placeOfRedirectUri } from '../../src/identity/identity.ts'
import { LeapClock, startEmptyApp } from '../harness/empty-app.ts'
import { OAuthProgram, waysOut } from '../harness/oauth-program.ts'
import { Person } from '../harness/person.ts'

// Registrations of one address are limited by the hour, so an hour passes between them.
const clock = new LeapClock()
let app: Awaited<ReturnType<typeof startEmptyApp>>
let person: Person

beforeAll(async () => {
  app = await startEmptyApp({ clock })
  await app.serving.rooms.identity.humans.addUser('me@example.org', 'a good long password', 'operator')
  person = await new Person(app.origin, 'me@example.org', 'a good long password').signIn()
})
afterAll(() => app.stop())

async function register(...addresses: string[]) {
  clock.time += 60 * 60_000
  const program = new OAuthProgram(app.origin)
  const response = await program.register({ redirect_uris: addresses })
  return { program, status: response.status, answer: (await response.json()) as Record<string, unknown> }
}

describe('RFC 7591 §3.2.2: an address that cannot be registered is 400 invalid_redirect_uri', () => {
  test.each<[clause: string, address: string, flaw: string]>([
    ['RFC 6749 §3.1.2', '', 'is not an absolute URI'],
    ['RFC 6749 §3.1.2', '/callback', 'is not an absolute URI'],
    ['RFC 6749 §3.1.2', '//evil.example/callback', 'is not an absolute URI'],
    ['RFC 6749 §3.1.2', 'evil.example/callback', 'is not an absolute URI'],
    ['RFC 6749 §3.1.2', 'https://', 'is not an absolute URI'],
    ['RFC 3986 §2', 'https://good.example\\@evil.example/', 'is not an absolute URI'],
    ['RFC 3986 §2', 'https:\\\\evil.example/', 'is not an absolute URI'],
    ['RFC 3986 §2', 'https://good.example/a b', 'is not an absolute URI'],
    ['RFC 3986 §2', ' https://good.example/', 'is not an absolute URI'],
    ['RFC 3986 §2', 'https://good.example/\n', 'is not an absolute URI'],
    ['RFC 3986 §2', 'https://good.example/\u202egpj', 'is not an absolute URI'],
    ['RFC 3986 §2', 'https://gооd.example/', 'is not an absolute URI'],
    ['RFC 3986 §2', 'https://good.example/"onload=', 'is not an absolute URI'],
    ['RFC 6749 §3.1.2', 'https://good.example/#', 'has a fragment'],
    ['RFC 6749 §3.1.2', 'https://good.example/#access_token=', 'has a fragment'],
    ['RFC 6749 §3.1.2', 'com.example.app:/callback#x', 'has a fragment'],
    ['RFC 9110 §4.2.4', 'https://good.example@evil.example/', 'holds a user name'],
    ['RFC 9110 §4.2.4', 'https://good.example:443@evil.example/', 'holds a user name'],
    ['RFC 9110 §4.2.4', 'https://@evil.example/', 'holds a user name'],
    ['RFC 9110 §4.2.4', 'http://127.0.0.1@evil.example/', 'holds a user name'],
    ['RFC 9110 §4.2.4', 'com.example.app://user@host/', 'holds a user name'],
    ['RFC 3986 §3.2.2', 'https:evil.example', 'has a host that is not written plainly'],
    ['RFC 3986 §3.2.2', 'https:/evil.example', 'has a host that is not written plainly'],
    ['RFC 3986 §3.2.2', 'https:///evil.example', 'has a host that is not written plainly'],
    ['RFC 3986 §3.2.2', 'https://evil%2eexample/', 'has a host that is not written plainly'],
    ['RFC 3986 §3.2.2', 'https://0x7f.1/', 'has a host that is not written plainly'],
    ['RFC 3986 §3.2.2', 'http://2130706433/', 'has a host that is not written plainly'],
    ['RFC 3986 §3.2.2', 'http://127.1/', 'has a host that is not written plainly'],
    ['RFC 3986 §3.2.2', 'http://[0:0:0:0:0:0:0:1]/', 'has a host that is not written plainly'],
    ['OAuth 2.1 §1.5', 'http://good.example/callback', 'is plain http to another machine'],
    ['RFC 8252 §7.3', 'http://127.0.0.1.evil.example/', 'is plain http to another machine'],
    ['RFC 8252 §7.3', 'http://localhost.evil.example/', 'is plain http to another machine'],
    ['RFC 8252 §7.3', 'http://localhost./', 'is plain http to another machine'],
    ['RFC 8252 §7.3', 'http://127.0.0.1./', 'has a host that is not written plainly'],
    ['RFC 8252 §7.3', 'http://127.0.0.2/', 'is plain http to another machine'],
    ['RFC 8252 §7.3', 'http://0.0.0.0/', 'is plain http to another machine'],
    ['RFC 8252 §7.3', 'http://[::]/', 'is plain http to another machine'],
    ['RFC 8252 §7.3', 'http://[::ffff:7f00:1]/', 'is plain http to another machine'],
    ['RFC 8252 §7.3', 'http://192.168.0.1/', 'is plain http to another machine'],
    ['RFC 8252 §8.4', 'javascript:alert(1)', 'has a scheme that leads to no program'],
    ['RFC 8252 §8.4', 'JavaScript://x/%0aalert(1)', 'has a scheme that leads to no program'],
    ['RFC 8252 §8.4', 'data:text/html,hello', 'has a scheme that leads to no program'],
    ['RFC 8252 §8.4', 'file:///etc/passwd', 'has a scheme that leads to no program'],
    ['RFC 8252 §8.4', 'blob:https://good.example/x', 'has a scheme that leads to no program'],
    ['RFC 8252 §8.4', 'filesystem:https://good.example/x', 'has a scheme that leads to no program'],
    ['RFC 8252 §8.4', 'view-source:https://good.example/', 'has a scheme that leads to no program'],
    ['RFC 8252 §8.4', 'about:blank', 'has a scheme that leads to no program'],
    ['RFC 8252 §8.4', 'ws://good.example/', 'has a scheme that leads to no program'],
    ['RFC 8252 §8.4', 'intent://x#Intent;end', 'has a fragment'],
    ['RFC 8252 §8.4', 'mailto:me@good.example', 'has a scheme that leads to no program'],
    ['RFC 8252 §8.4', 'ms-msdt:/id', 'has a scheme that leads to no program'],
    ['RFC 8252 §8.4', 'ms-word://x', 'has a scheme that leads to no program'],
    ['RFC 8252 §8.4', 'search-ms://x', 'has a scheme that leads to no program'],
    ['RFC 8252 §8.4', 'urn:ietf:wg:oauth:2.0:oob', 'has a scheme that leads to no program'],
    ['RFC 8252 §8.4', 'myapp:callback', 'has a scheme that leads to no program'],
    ['RFC 6749 §3.1', 'https://good.example/?code=mine', 'has a parameter that the answer needs'],
    ['RFC 9207 §2', 'https://good.example/?iss=https://other.example', 'has a parameter that the answer needs'],
    ['RFC 6749 §3.1', 'com.example.app:/callback?state=mine', 'has a parameter that the answer needs'],
    ['RFC 7591 §5', `https://good.example/${'x'.repeat(2_000)}`, 'is longer than 2000 characters'],
  ])('%s: %j %s', async (_, address, flaw) => {
    // One bad address among good ones is enough.
    const { status, answer } = await register('https://good.example/callback', address)
    expect([status, answer.error]).toEqual([400, 'invalid_redirect_uri'])
    expect(answer.error_description).toContain(flaw)
  })
})

describe('an address that may be registered, and what the person is shown of it', () => {
  test.each<[clause: string, address: string, kind: string, name: string]>([
    ['RFC 8252 §7.2', 'https://good.example/callback', 'site', 'good.example'],
    ['RFC 8252 §7.2', 'https://good.example', 'site', 'good.example'],
    ['RFC 8252 §7.2', 'https://good.example:8443/a?b=c', 'site', 'good.example:8443'],
    ['RFC 5890 §2.3.2.1', 'https://xn--gd-fkaa.example/', 'site', 'xn--gd-fkaa.example'],
    ['RFC 8252 §7.3', 'http://127.0.0.1/callback', 'this_machine', '127.0.0.1'],
    ['RFC 8252 §7.3', 'http://127.0.0.1:33418/', 'this_machine', '127.0.0.1:33418'],
    ['RFC 8252 §7.3', 'http://[::1]:33418/', 'this_machine', '[::1]:33418'],
    ['OAuth 2.1 §8.4.2', 'http://localhost:33418/', 'this_machine', 'localhost:33418'],
    ['RFC 8252 §7.1', 'com.example.app:/callback', 'program', 'com.example.app'],
    ['RFC 8252 §7.1', 'com.example.app://callback', 'program', 'com.example.app'],
    // No domain name in reverse, as §8.4 would have it; but it is what editors have.
    ['RFC 8252 §8.4', 'cursor://anysphere.cursor-mcp/oauth/callback', 'program', 'cursor'],
    ['RFC 8252 §8.4', 'vscode://vscode.github-authentication/did-authenticate', 'program', 'vscode'],
  ])('%s: %s', async (_, address, kind, name) => {
    const { program, status, answer } = await register(address)
    expect([status, answer.redirect_uris]).toEqual([201, [address]])
    expect(placeOfRedirectUri(address)).toEqual({ kind, name } as ReturnType<typeof placeOfRedirectUri>)
    const shown = await (await person.get(program.authorizePath({ redirect_uri: address }))).text()
    expect(shown).toContain(`<bdi class="name" dir="ltr">${kind === 'program' ? `${name}:` : name}</bdi>`)
    const { led } = await program.answer(person, { decision: 'allow' }, { redirect_uri: address })
    expect(led?.href).toStartWith(`${new URL(address).href}${address.includes('?') ? '&' : '?'}code=`)
  })
})

describe('OAuth 2.1 §2.3.1: only the registered address is answered, but for the port of this machine', () => {
  test.each<[registered: string, asked: string, matches: boolean]>([
    ['https://good.example/callback', 'https://good.example/callback', true],
    ['https://good.example/callback', 'https://good.example/callback/', false],
    ['https://good.example/callback', 'https://good.example/callbac', false],
    ['https://good.example/callback', 'https://good.example/CALLBACK', false],
    ['https://good.example/callback', 'https://GOOD.example/callback', false],
    ['https://good.example/callback', 'https://good.example:443/callback', false],
    ['https://good.example/callback', 'https://good.example:8443/callback', false],
    ['https://good.example/callback', 'http://good.example/callback', false],
    ['https://good.example/callback', 'https://good.example./callback', false],
    ['https://good.example/callback', 'https://good.example.evil.example/callback', false],
    ['https://good.example/callback', 'https://evil.example/https://good.example/callback', false],
    ['https://good.example/callback', 'https://evil.example/callback', false],
    ['https://good.example/callback', 'https://good.example/callback/../evil', false],
    ['https://good.example/callback', 'https://good.example/x/../callback', false],
    ['https://good.example/callback', 'https://good.example/%63allback', false],
    ['https://good.example/callback', 'https://good.example//callback', false],
    ['https://good.example/callback', 'https://good.example/callback?x=y', false],
    ['https://good.example/callback', 'https://good.example/callback?', false],
    ['https://good.example/callback', 'https://good.example/callback#', false],
    ['https://good.example/callback', 'https://good.example/callback;x', false],
    ['https://good.example/callback', 'https://good.example/callback\\@evil.example/', false],
    ['https://good.example/callback', 'https://good.example/callback ', false],
    ['https://good.example/callback', 'https://good.example\t/callback', false],
    ['https://good.example/callback', 'https://user@good.example/callback', false],
    ['https://good.example/callback', 'javascript:alert(1)', false],
    ['https://good.example/callback', 'com.example.app:/callback', false],
    ['http://127.0.0.1/callback', 'http://127.0.0.1/callback', true],
    ['http://127.0.0.1/callback', 'http://127.0.0.1:33418/callback', true],
    ['http://127.0.0.1:1/callback', 'http://127.0.0.1:33418/callback', true],
    ['http://127.0.0.1:1/callback', 'http://127.0.0.1/callback', true],
    ['http://[::1]/callback', 'http://[::1]:33418/callback', true],
    ['http://localhost:1/callback', 'http://localhost:33418/callback', true],
    ['http://127.0.0.1/callback?x=y', 'http://127.0.0.1:33418/callback?x=y', true],
    ['http://127.0.0.1/callback', 'http://localhost/callback', false],
    ['http://localhost/callback', 'http://127.0.0.1:33418/callback', false],
    ['http://127.0.0.1/callback', 'http://[::1]/callback', false],
    ['http://127.0.0.1/callback', 'http://127.0.0.1:33418/', false],
    ['http://127.0.0.1/callback', 'http://127.0.0.1:33418/callback/', false],
    ['http://127.0.0.1/callback', 'http://127.0.0.1:33418/callback?x', false],
    ['http://127.0.0.1/callback', 'http://127.0.0.1:33418/x/../callback', false],
    ['http://127.0.0.1/callback', 'https://127.0.0.1:33418/callback', false],
    ['http://127.0.0.1/callback', 'http://127.0.0.1:99999/callback', false],
    ['http://127.0.0.1/callback', 'http://127.0.0.1:33418@evil.example/callback', false],
    ['http://127.0.0.1/callback', 'http://127.0.0.1.evil.example:33418/callback', false],
    ['http://127.0.0.1/callback', 'http://127.0.0.1:33418\\@evil.example/callback', false],
    ['http://127.0.0.1/callback', 'http://127.1:33418/callback', false],
    ['http://127.0.0.1/callback', 'HTTP://127.0.0.1:33418/callback', false],
    ['com.example.app:/callback', 'com.example.app:/callback', true],
    ['com.example.app:/callback', 'com.example.app:/callback/', false],
    ['com.example.app:/callback', 'com.example.app://callback', false],
    ['com.example.app:/callback', 'com.example.apps:/callback', false],
  ])('registered %s, asked %j: %p', async (registered, asked, matches) => {
    const { program } = await register(registered, 'https://another.example/')
    for (const act of ['ask', 'allow', 'deny']) {
      const response =
        act === 'ask'
          ? await person.get(program.authorizePath({ redirect_uri: asked }))
          : await person.post('/oauth/authorize', {
              ...Object.fromEntries(program.request({ redirect_uri: asked })),
              decision: act,
              reach: 'all',
            })
      const out = waysOut(await response.text())
      expect([act, response.status, response.headers.get('location')]).toEqual([act, matches ? 200 : 400, null])
      // Never a way of any kind to where nobody has registered.
      if (!matches) expect(out).toEqual({ byItself: null, links: [] })
      else if (act !== 'ask') expect(out.byItself).toStartWith(asked)
    }
  })
})

test('an address that was registered when the rules were wider is judged by today’s', async () => {
  const address = 'https://good.example/callback'
  const { program } = await register(address)
  const bad = 'javascript:alert(document.domain)//'
  const file = new Database(join(app.dataDir, 'agentport.db'))
  file.run('UPDATE oauth_clients SET redirect_uris = ? WHERE id = ?', [JSON.stringify([bad]), program.clientId])
  file.close()
  for (const asked of [bad, null]) {
    const { status, text } = await program.answer(person, { decision: 'allow' }, { redirect_uri: asked })
    expect([status, waysOut(text)]).toEqual([400, { byItself: null, links: [] }])
    expect(text).not.toContain('javascript:')
  }
})
