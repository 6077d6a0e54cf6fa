import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { parse } from 'jsonc-parser'
import { configurationText } from '../../src/cli/connect/configuration-text.ts'

const ENTRY = { url: 'https://agents.example/mcp', headers: { 'X-API-Key': 'k' } }
const jsonc = configurationText('jsonc', ['servers', 'agentport'])
const toml = configurationText('toml', ['servers', 'agentport'])

describe('an entry in JSON with comments', () => {
  test.each([
    ['{}', '{\n  "servers": {\n    "agentport": {'],
    ['{ // nothing yet\n}\n', '{ // nothing yet\n  "servers": {\n'],
    ['{"servers":{"a":1}}', '{"servers":{"a":1, "agentport": {"url"'],
    ['{\n  "servers": {\n    "a": 1 // one\n  }\n}', '"a": 1, // one\n    "agentport": {\n      "url"'],
    [
      '{\n\t"servers": {\n\t\t"a": 1, // one\n\t\t// the end\n\t}, // after\n}',
      '// the end\n\t\t"agentport": {\n\t\t\t"url"',
    ],
    ['{\r\n  "a": 1\r\n}', '"a": 1,\r\n  "servers": {\r\n    "agentport": {\r\n'],
    ['\ufeff{"a": 1}', '\ufeff{"a": 1, "servers"'],
  ])('of %j stands where a person would put it, and is taken out without a trace', (before, holds) => {
    const after = jsonc.set(before, ENTRY)
    expect(after).toContain(holds)
    expect(jsonc.get(after)).toEqual(ENTRY)
    expect(jsonc.set(after, undefined, !jsonc.hasPlace(before)).replaceAll(/\s/g, '')).toBe(
      before.replaceAll(/\s/g, ''),
    )
  })

  test('whatever else the file holds, and however it is written, only that entry differs', () => {
    const spaces = fc.constantFrom('', ' ', '\n', '\n  ', '\r\n\t', ' /* , } */ ', ' // "x": {\n')
    const written = (value: fc.JsonValue, gap: () => string): string => {
      if (Array.isArray(value)) return `[${value.map((each) => gap() + written(each, gap)).join(',')}${gap()}]`
      if (typeof value !== 'object' || value === null) return JSON.stringify(value)
      const pairs = Object.entries(value).map(
        ([name, each]) => `${gap()}${JSON.stringify(name)}:${gap()}${written(each as fc.JsonValue, gap)}`,
      )
      return `{${pairs.join(`${gap()},`)}${pairs.length > 0 && gap().startsWith(' ') ? ',' : ''}${gap()}}`
    }
    fc.assert(
      fc.property(
        fc.dictionary(fc.string(), fc.jsonValue()),
        fc.option(fc.dictionary(fc.string(), fc.jsonValue()), { nil: undefined }),
        fc.infiniteStream(spaces),
        (others, servers, gaps) => {
          const root = { ...others, ...(servers === undefined ? {} : { servers }) }
          if (servers === undefined) delete (root as { servers?: unknown }).servers
          const before = written(root as fc.JsonValue, () => gaps.next().value)
          // The parser that looks here loses that one; the text does not.
          fc.pre(!before.includes('__proto__'))
          const after = jsonc.set(before, ENTRY)
          const wanted = { ...root, servers: { ...servers, agentport: ENTRY } }
          // Through JSON, which has no -0.
          expect(parse(after, [], { allowTrailingComma: true })).toEqual(JSON.parse(JSON.stringify(wanted)))
        },
      ),
      { numRuns: 300 },
    )
  })
})

describe('an entry in TOML', () => {
  test.each([
    [''],
    ['# mine\nmodel = "o3" # best\n\n[servers.a]\nurl = "x"\n\n[z]\na = 1\n'],
    ['servers = { a = { url = "x" } }\n'],
    ['servers.a.url = "x"\nwhen = 1979-05-27T07:32:00Z\nbig = 9223372036854775807\n'],
    ['[servers]\r\n[servers.a]\r\nurl = "x"\r\n[[list]]\r\nb = 1\r\n[[list]]\r\nb = 2\r\n'],
    ['[servers.a]\nurl = "x"'],
  ])('of %j is put in, changed and taken out again, and nothing else is touched', (before) => {
    const after = toml.set(before, ENTRY)
    expect(toml.get(after)).toEqual(ENTRY)
    for (const line of before.split(/\r?\n/).filter((each) => !each.startsWith('servers =')))
      expect(after).toContain(line)
    const changed = toml.set(after, { url: 'https://other.example' })
    expect(toml.get(changed)).toEqual({ url: 'https://other.example' })
    expect(toml.set(after, undefined, !toml.hasPlace(before)).trimEnd()).toBe(before.trimEnd())
  })
})
