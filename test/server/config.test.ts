import { describe, expect, test } from 'bun:test'
import { writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { type Config, ConfigError, readConfig, readMasterKey } from '../../src/server/server.ts'
import { tempDir } from '../harness/temp-dir.ts'

const KEY = Buffer.alloc(32, 7).toString('base64')
const folder = tempDir()
process.on('exit', () => folder.remove())

function file(content: string): string {
  const path = join(folder.path, crypto.randomUUID())
  writeFileSync(path, content)
  return path
}

test('the defaults are what the contract says', () => {
  expect(readConfig({}, {})).toEqual({
    dataDir: resolve('./data'),
    host: 'localhost',
    port: 4747,
    publicOrigin: null,
    trustedProxies: [],
    development: false,
  })
  expect(readMasterKey({})).toBeNull()
})

interface Row {
  field: keyof Config
  flag: 'data' | 'host' | 'port' | 'url' | null
  variable: string
  text: string
  other: string
  value: unknown
}

const ROWS: Row[] = [
  { field: 'dataDir', flag: 'data', variable: 'AGENTPORT_DATA', text: '/srv/a', other: '/srv/b', value: '/srv/a' },
  { field: 'host', flag: 'host', variable: 'AGENTPORT_HOST', text: '0.0.0.0', other: '::1', value: '0.0.0.0' },
  { field: 'port', flag: 'port', variable: 'AGENTPORT_PORT', text: '80', other: '81', value: 80 },
  {
    field: 'publicOrigin',
    flag: 'url',
    variable: 'AGENTPORT_URL',
    text: 'https://a.example',
    other: 'https://b.example',
    value: new URL('https://a.example/'),
  },
  {
    field: 'trustedProxies',
    flag: null,
    variable: 'AGENTPORT_TRUSTED_PROXIES',
    text: ' 10.0.0.0/8, ::1/128 ',
    other: '9.0.0.0/8',
    value: ['10.0.0.0/8', '::1/128'],
  },
]

describe.each(ROWS)('$variable', ({ field, flag, variable, text, other, value }) => {
  test('is read from the environment', () => {
    expect(readConfig({}, { [variable]: text })[field]).toEqual(value as never)
  })
  test('is read from a file named by its _FILE twin, without the line break at its end', () => {
    expect(readConfig({}, { [`${variable}_FILE`]: file(`${text}\n`) })[field]).toEqual(value as never)
  })
  test('counts as not set when it is empty', () => {
    expect(readConfig({}, { [variable]: '', [`${variable}_FILE`]: '' })).toEqual(readConfig({}, {}))
  })
  if (flag !== null) {
    test(`is overruled by --${flag}`, () => {
      expect(readConfig({ [flag]: text }, { [variable]: other })[field]).toEqual(value as never)
      expect(readConfig({ [flag]: text }, { [`${variable}_FILE`]: file(other) })[field]).toEqual(value as never)
    })
  }
  test('and its twin both set are refused, as nobody can tell which is meant', () => {
    const both = { [variable]: text, [`${variable}_FILE`]: file(text) }
    expect(() => readConfig({}, both)).toThrow(
      new ConfigError(`${variable} and ${variable}_FILE are both set; set only one of them.`),
    )
  })
  test('naming a file that is not there, or a folder, is refused', () => {
    const twin = `${variable}_FILE`
    expect(() => readConfig({}, { [twin]: '/not/there' })).toThrow(`${twin} names /not/there, which does not exist.`)
    expect(() => readConfig({}, { [twin]: folder.path })).toThrow(`${twin} names ${folder.path}, which cannot be read.`)
  })
})

describe('a wrong value stops with one sentence that names the setting', () => {
  const WRONG: [variable: string, text: string][] = [
    ['AGENTPORT_HOST', 'example.org'],
    ['AGENTPORT_HOST', '256.0.0.1'],
    ['AGENTPORT_HOST', '127.0.0.1:80'],
    ['AGENTPORT_HOST', '*'],
    ['AGENTPORT_PORT', '65536'],
    ['AGENTPORT_PORT', '-1'],
    ['AGENTPORT_PORT', '80.5'],
    ['AGENTPORT_PORT', '0x50'],
    ['AGENTPORT_PORT', '1e3'],
    ['AGENTPORT_PORT', ' 80'],
    ['AGENTPORT_PORT', 'http'],
    ['AGENTPORT_URL', 'example.org'],
    ['AGENTPORT_URL', 'https://example.org/agentport'],
    ['AGENTPORT_URL', 'https://example.org/?a'],
    ['AGENTPORT_URL', 'https://example.org/#a'],
    ['AGENTPORT_URL', 'https://user@example.org'],
    ['AGENTPORT_URL', 'https://user:secret@example.org'],
    ['AGENTPORT_URL', 'https://:secret@example.org'],
    ['AGENTPORT_URL', 'ftp://example.org'],
    ['AGENTPORT_URL', 'javascript:alert(1)'],
    ['AGENTPORT_URL', 'http://example.org'],
    ['AGENTPORT_URL', 'http://192.168.1.2:4747'],
    ['AGENTPORT_URL', 'http://localhost.example.org'],
    ['AGENTPORT_TRUSTED_PROXIES', '10.0.0.1'],
    ['AGENTPORT_TRUSTED_PROXIES', '10.0.0.0/33'],
    ['AGENTPORT_TRUSTED_PROXIES', '10.0.0.0/8, everyone'],
  ]
  const FLAGS: { [variable: string]: 'host' | 'port' | 'url' } = {
    AGENTPORT_HOST: 'host',
    AGENTPORT_PORT: 'port',
    AGENTPORT_URL: 'url',
  }
  const messageOf = (act: () => unknown): string => {
    try {
      return `accepted ${JSON.stringify(act())}`
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error
      return error.message
    }
  }

  test.each(WRONG)('%s=%s', (variable, text) => {
    for (const environment of [{ [variable]: text }, { [`${variable}_FILE`]: file(text) }]) {
      const message = messageOf(() => readConfig({}, environment))
      if (text.trim() === text || environment[variable] !== undefined) {
        expect(message).toStartWith(`${variable} `)
        expect(message).toEndWith('.')
        expect(message.split('\n')).toHaveLength(1)
        expect(message).not.toContain('secret')
      }
    }
    const flag = FLAGS[variable]
    if (flag) expect(messageOf(() => readConfig({ [flag]: text }, {}))).toStartWith(`--${flag} `)
  })

  test('an empty data directory, by flag or by an empty file, is no directory', () => {
    expect(messageOf(() => readConfig({ data: '' }, {}))).toStartWith('--data ')
    expect(messageOf(() => readConfig({}, { AGENTPORT_DATA_FILE: file('\n') }))).toStartWith('AGENTPORT_DATA ')
  })

  test.each([
    ['nothing base64', 'not a key'],
    ['too short', Buffer.alloc(16, 7).toString('base64')],
    ['too long', Buffer.alloc(33, 7).toString('base64')],
    ['hexadecimal', Buffer.alloc(32, 7).toString('hex')],
  ])('AGENTPORT_MASTER_KEY that is %s, without repeating it', (_, text) => {
    const sentence = 'AGENTPORT_MASTER_KEY must be base64 of exactly 32 bytes; "openssl rand -base64 32" makes one.'
    expect(messageOf(() => readMasterKey({ AGENTPORT_MASTER_KEY: text }))).toBe(sentence)
    expect(messageOf(() => readMasterKey({ AGENTPORT_MASTER_KEY_FILE: file(text) }))).toBe(sentence)
  })
})

describe('what is right', () => {
  test.each([
    'https://example.org',
    'https://example.org:8443/',
    'http://localhost:1234',
    'http://agentport.localhost',
    'http://127.0.0.1:1234',
    'http://127.8.8.8',
    'http://[::1]:1234',
  ])('AGENTPORT_URL=%s', (text) => {
    expect(readConfig({}, { AGENTPORT_URL: text }).publicOrigin?.origin).toBe(new URL(text).origin)
  })

  test('plain http elsewhere, but only with AGENTPORT_ALLOW_PLAIN_HTTP=1', () => {
    const origin = { AGENTPORT_URL: 'http://192.168.1.2:4747' }
    expect(readConfig({}, { ...origin, AGENTPORT_ALLOW_PLAIN_HTTP: '1' }).publicOrigin?.origin).toBe(
      origin.AGENTPORT_URL,
    )
    for (const value of ['0', 'true', 'yes', ''])
      expect(() => readConfig({}, { ...origin, AGENTPORT_ALLOW_PLAIN_HTTP: value })).toThrow(ConfigError)
    expect(() => readConfig({ url: origin.AGENTPORT_URL }, {})).toThrow('set AGENTPORT_ALLOW_PLAIN_HTTP=1')
  })

  test('a master key in either alphabet of base64, with or without its padding', () => {
    const bytes = Buffer.alloc(32, 0xfb)
    for (const text of [
      bytes.toString('base64'),
      bytes.toString('base64url'),
      bytes.toString('base64').replace('=', ''),
    ])
      expect(readMasterKey({ AGENTPORT_MASTER_KEY: text })).toEqual(bytes)
    expect(readMasterKey({ AGENTPORT_MASTER_KEY_FILE: file(`${KEY}\n`) })).toEqual(Buffer.alloc(32, 7))
  })

  test('the master key is no part of the settings', () => {
    expect(JSON.stringify(readConfig({}, { AGENTPORT_MASTER_KEY: KEY }))).not.toContain(KEY)
  })
})
