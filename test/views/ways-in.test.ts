import { describe, expect, test } from 'bun:test'
import { elsewhere } from '../../views/parts/safe-href.ts'
import { CLIENTS, type Step } from '../../views/parts/ways-in.ts'

const URL_OF_MCP = 'https://agents.example/mcp'
const LOCAL = 'http://localhost:4747/mcp'
const KEY = 'ap_0123456789abcdefghijklmnopqrstuvwxyzABCDEFG'

const textOf = (steps: Step[] | string): string =>
  typeof steps === 'string'
    ? ''
    : steps.map(({ code = '', link }) => `${code}\n${link ? plain(link.href) : ''}`).join('\n')

/** What an install link carries, in clear. */
function plain(href: string): string {
  const config = new URL(href).searchParams.get('config')
  return config === null ? decodeURIComponent(href) : atob(config)
}

test('the programs are those of the page, each by its own id', () => {
  expect(CLIENTS.map(({ id }) => id)).toEqual([
    'claude-code',
    'claude-desktop',
    'cursor',
    'vs-code',
    'codex',
    'gemini-cli',
    'openclaw',
    'other',
  ])
})

describe.each(CLIENTS.map((client) => [client.name, client] as const))('%s', (_, client) => {
  test('is given this instance’s own address, and nobody else’s', () => {
    for (const url of [URL_OF_MCP, LOCAL]) {
      for (const steps of [client.signIn(url), client.withKey(url, KEY)]) {
        if (typeof steps === 'string') continue
        const named = new Set(textOf(steps).match(/https?:\/\/[^\s"'\\]+/g))
        // The bridge finds the rest of the address by itself.
        for (const each of named) expect([url, new URL(url).origin]).toContain(each)
        expect(named.size).toBe(1)
      }
    }
  })

  test('gets the key only where it is to have one, and whole', () => {
    expect(textOf(client.signIn(URL_OF_MCP))).not.toContain('ap_')
    const steps = client.withKey(URL_OF_MCP, KEY)
    if (typeof steps !== 'string') expect(textOf(steps)).toContain(KEY)
  })

  test('has links that a page may show, and files that are JSON', () => {
    for (const step of [...client.signIn(URL_OF_MCP), ...client.withKey(URL_OF_MCP, KEY)]) {
      if (typeof step === 'string') continue
      if (step.link) expect(elsewhere(step.link.href)).toBe(step.link.href)
      if (/\.json\b/.test(step.where)) expect(JSON.parse(step.code ?? '')).toBeObject()
    }
  })

  test('has lines that a shell reads as they are meant', async () => {
    for (const step of [...client.signIn(LOCAL), ...client.withKey(LOCAL, KEY)]) {
      if (typeof step === 'string' || !/terminal|^Then$|shell/.test(step.where) || !step.code) continue
      const [program = ''] = step.code.split(' ')
      // The program is a function that prints each of its words on a line of its own.
      const script = `${program === 'export' ? '' : `${program}() { printf '%s\\n' "$@"; };`} ${step.code}`
      const shell = Bun.spawnSync(['sh', '-c', script])
      expect([step.code, shell.exitCode, shell.stderr.toString()]).toEqual([step.code, 0, ''])
      const words = shell.stdout.toString().trimEnd().split('\n')
      for (const word of words) if (word.startsWith('{')) expect(JSON.parse(word)).toBeObject()
    }
  })
})

test('an address that Claude’s servers cannot reach is not offered to them', () => {
  const claude = CLIENTS.find(({ id }) => id === 'claude-desktop')
  for (const url of [
    LOCAL,
    'http://box.local/mcp',
    'https://localhost/mcp',
    'https://192.168.1.5/mcp',
    'https://[::1]/mcp',
  ])
    expect(claude?.signIn(url)).toContain('cannot reach')
  expect(claude?.signIn(URL_OF_MCP)).toBeArray()
})
