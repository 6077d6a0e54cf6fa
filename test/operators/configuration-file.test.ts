import { describe, expect, test } from 'bun:test'
import { readConfiguration } from '../../src/cli/configuration/configuration-file.ts'
import { printConfiguration } from '../../src/cli/configuration/print-configuration.ts'
import { secretInUrl, withoutSecret } from '../../src/cli/configuration/secret-in-url.ts'

// What is a configuration, and what is said where something is none.

const read = (text: string) => readConfiguration(text, 'f.yaml')
const HASH = 'a'.repeat(64)
const within = (lines: string) => `version: 1\nconnections:\n${lines}\n`

describe('a refusal names the line and column, and says what to do', () => {
  test.each([
    ['', '1:1: A configuration is a map with version and connections.'],
    ['[1]', '1:1: A configuration is a map with version and connections.'],
    ['connections: {}', '1:1: Say first which version of this format it is: version: 1.'],
    [
      'version: 2\nthings: {}',
      '1:1: This program reads "version: 1" of this format; for another one take the program that wrote it.',
    ],
    ['version: 1\nconections: {}', '2:1: There is no "conections" here; what can stand here is version, connections.'],
    [
      'version: 1\nconnections:',
      '2:1: connections is a map from the ids of connections to what they are; {} if there are to be none.',
    ],
    [within('  demo:'), '3:3: A connection is a map: {integration: ID}, or {url: URL} for a server of your own.'],
    [
      within('  demo:\n    polices: {}'),
      '4:5: There is no "polices" here; what can stand here is integration, url, name, sign_in, header, format, allow_private, policies.',
    ],
    [within('  demo:\n    __proto__: {}'), /^f\.yaml:4:5: There is no "__proto__" here; /],
    [within('  demo:\n    url: 5'), '4:5: url is text; put it into quotes if it looks like a number or a truth value.'],
    [within('  demo:\n    sign_in: password'), '4:5: sign_in is none, token or oauth.'],
    [within('  demo:\n    name: ""'), '4:5: name has 1 to 80 characters.'],
    [
      within('  demo:\n    allow_private: 127.0.0.1:1'),
      '4:5: allow_private is a list, for example ["127.0.0.1:3001"].',
    ],
    [
      within('  demo:\n    policies:'),
      '4:5: policies is a map from tools to what holds for them; {} if every tool is to ask.',
    ],
    [within('  demo:\n    policies:\n      pay: alow'), /^f\.yaml:5:7: A policy is deny, require_approval or allow; /],
    [within('  demo:\n    policies:\n      pay: {mode: deny, definition: x}'), /^f\.yaml:5:7: A policy is deny, /],
    [
      within(`  demo:\n    policies:\n      pay: {mode: deny, definition: ${HASH}}`),
      /^f\.yaml:5:7: A policy is deny, /,
    ],
    [within('  demo: {}\n  demo: {}'), '4:3: "demo" stands here twice: leave one of them out.'],
    [
      within('  demo:\n    policies:\n      pay: deny\n      "pay": require_approval'),
      '6:7: "pay" stands here twice: leave one of them out.',
    ],
    [within('  a: &x {}\n  b: *x'), '3:9: Anchors and aliases are not read here: write out what is meant.'],
    [within('  a: {}\n  b: *x'), '4:6: Anchors and aliases are not read here: write out what is meant.'],
    ['version: 1\nconnections: !!map {}', '2:20: Tags are not read here: leave it out.'],
    ['version: 1\nconnections:\n  ? [a]\n  : {}', '3:5: A key is a plain word, or text in quotes.'],
    ['version: 1\nconnections:\n\tdemo: {}', /^f\.yaml:3:1: This is not YAML that can be read here: Tabs/],
    ['---\n---\n', '2:1: This is not YAML that can be read here: it has several documents, and one is read.'],
    [`version: 1\nconnections: ${'{a: '.repeat(40)}${'}'.repeat(40)}`, /nested deeper than anything that belongs here/],
  ])('%j', (text, sentence) => {
    if (typeof sentence === 'string') expect(() => read(text)).toThrow(new Error(`f.yaml:${sentence}`))
    else expect(() => read(text)).toThrow(sentence)
  })
})

test.each([
  [
    'aliases that multiply',
    `a: &a [x,x,x,x,x,x,x,x,x]\n${Array.from({ length: 30 }, (_, i) => `b${i}: &b${i} [*${i ? `b${i - 1}` : 'a'},*${i ? `b${i - 1}` : 'a'}]`).join('\n')}`,
  ],
  ['a deep sequence', '['.repeat(1_000_000)],
  ['a deep map', '{a: '.repeat(250_000)],
  ['dashes', '- '.repeat(500_000)],
  ['commas', `[${','.repeat(1_000_000)}`],
  ['quotes', '"'.repeat(1_000_001)],
  ['anchors', '&a '.repeat(330_000)],
  ['a hundred thousand keys', Array.from({ length: 100_000 }, (_, i) => `k${i}: 1`).join('\n')],
])(
  'a megabyte of %s is refused before long',
  (_, text) => {
    const before = process.cpuUsage()
    expect(() => read(text)).toThrow(/^f\.yaml:\d+:\d+: /)
    // Of this process alone, since the machine may be busy with others.
    expect(process.cpuUsage(before).user / 1_000_000).toBeLessThan(20)
  },
  120_000,
)

test('any name of a tool is written so that it is read again as the same, and as nothing else', () => {
  const names = [
    '__proto__',
    'constructor',
    '123',
    '1e5',
    'null',
    'yes',
    '<<',
    '? a',
    '- a',
    '',
    ' ',
    'a: b',
    'a #b',
    'ünï',
    '*x',
    '&x',
    '!x',
    '%x',
    '@x',
    '`x',
    '"x"',
    "'x'",
    '{x',
    'x\ty',
    '\u001b[2J\u009b31m\u202e\u2066\u200b\u2028\r\n\u{e0001}',
    '\u0001'.repeat(256),
    '\\u0041',
  ]
  const policies = new Map(names.map((name) => [name, 'deny' as const]))
  const text = printConfiguration([{ slug: 'demo', entry: { policies }, comment: null }])
  expect(text).not.toMatch(/(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u)
  expect(read(text).connections.get('demo')?.policies).toEqual(policies)
  expect(Bun.YAML.parse(text)).toMatchObject({ connections: { demo: { policies: { '123': 'deny', yes: 'deny' } } } })
})

test.each([
  ['https://mcp.example.org/mcp', null],
  ['https://mcp.example.org/integrations/model-context-protocol/mcp', null],
  ['https://mcp.example.org/mcp?key=1', 'a query'],
  ['https://mcp.example.org/s/3f2a9c0b1d4e5f60718293a4/mcp', 'a part that looks like a token'],
  ['https://mcp.example.org/s/%33f2a9c0b1d4e5f60718293a4', 'a part that looks like a token'],
  ['https://mcp.example.org/%E0%A4%A', null],
])('the url %s has as a possible secret: %s', (url, what) => {
  expect(secretInUrl(url)).toBe(what as ReturnType<typeof secretInUrl>)
  expect(withoutSecret(url)).toBe(what === null ? url : 'https://mcp.example.org/…')
})
