import { describe, expect, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import { decode } from '@toon-format/toon'
import { agentConsole } from '../harness/agent-console.ts'

/** Clears the screen, turns the text around, hides itself, and begins a line of its own. */
const EVIL = 'a\u001b[2J\u202eb\u200b\r\n\u009b31mINTEGRATION'
const DRIVES_TERMINALS = /(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u
/** What our own styles and a terminal's line ends are made of, which what others say cannot hold. */
const withoutOurs = (text: string) =>
  ['\u001b[1m', '\u001b[22m', '\r'].reduce((rest, each) => rest.replaceAll(each, ''), text)

const terminal = agentConsole([
  { name: 'look', title: EVIL, description: `${EVIL} and a description that is much longer than any terminal is wide` },
  { name: 'pay', description: '日本語の説明' },
])
const { far, agent, json } = terminal
const LIST = ['tools', 'list', '--integration', 'bank']
const ROWS = [
  {
    integration: 'bank',
    tool_name: 'look',
    description: `${EVIL} and a description that is much longer than any terminal is wide`,
    mode: 'allow',
  },
  { integration: 'bank', tool_name: 'pay', description: '日本語の説明', mode: 'require_approval' },
]
const COMMANDS = [LIST, ['tools', 'describe', '--integration', 'bank', '--tool', 'look'], terminal.look()]

async function onTerminal(args: string[], columns: number, env: Record<string, string> = {}): Promise<string> {
  const at = terminal.terminal(args, { columns, env })
  expect(await at.exited).toBe(0)
  return at.written()
}

describe('json', () => {
  test('is the same on a pipe and on a terminal, indented by two, and pinned', async () => {
    const { stdout } = await agent([...LIST, '-o', 'json'])
    expect(JSON.parse(stdout)).toEqual(ROWS)
    expect(stdout).toStartWith(
      '[\n  {\n    "integration": "bank",\n    "tool_name": "look",\n    "description": "a\\u001b[2J',
    )
    expect((await onTerminal([...LIST, '-o', 'json'], 40)).replaceAll('\r\n', '\n')).toBe(stdout)
  })
})

describe('toon', () => {
  test('is what its library makes of the same rows', async () => {
    const { stdout } = await agent(['tools', 'list', '--integration', 'bank', '--query', 'pay', '-o', 'toon'])
    expect((decode(stdout) as object[])[0]).toEqual(ROWS[1])
    expect(stdout).toContain('{integration,tool_name,description,mode}:\n')
    expect((await onTerminal([...LIST, '-o', 'toon'], 40)).replaceAll('\r\n', '\n')).toBe(
      (await agent([...LIST, '-o', 'toon'])).stdout,
    )
  })
})

describe('human', () => {
  test('on a pipe keeps every word, a row a line', async () => {
    const { stdout } = await agent(LIST)
    const [head = '', look = '', pay = '', ...rest] = stdout.split('\n')
    expect(rest).toEqual([''])
    expect(head).toMatch(/^INTEGRATION +TOOL +MODE +DESCRIPTION$/)
    expect(look).toEndWith('much longer than any terminal is wide')
    expect(pay).toBe('bank         pay   require_approval  日本語の説明')
  })

  test.each([120, 80, 50, 34])(
    'on a terminal of %d columns no line is wider, and what was cut says so',
    async (columns) => {
      const lines = withoutOurs(await onTerminal(LIST, columns))
        .trimEnd()
        .split('\n')
      expect(lines).toHaveLength(3)
      for (const line of lines) expect(Bun.stringWidth(line)).toBeLessThanOrEqual(columns)
      expect(lines[1]).toEndWith('…')
    },
  )

  test('headings are bold on a terminal, and nowhere else', async () => {
    expect(await onTerminal(LIST, 80)).toStartWith('\u001b[1mINTEGRATION')
    for (const env of [{ NO_COLOR: '1' }, { TERM: 'dumb' }])
      expect(await onTerminal(LIST, 80, env)).toStartWith('INTEGRATION')
    expect((await agent(LIST)).stdout).toStartWith('INTEGRATION')
  })

  test('an empty list says so', async () => {
    expect((await agent(['tools', 'list', '--query', 'zzzz-nothing'])).stdout).toBe('(empty)\n')
    expect(await json(['tools', 'list', '--query', 'zzzz-nothing'])).toEqual([])
  })

  test('of a result shows its texts as lines, and of the rest that it is there', async () => {
    far.act = () => ({
      content: [
        { type: 'text', text: 'one\n\ttwo' },
        { type: 'image', data: Buffer.alloc(3000).toString('base64'), mimeType: 'image/png' },
        { type: 'resource_link', uri: 'file:///x', name: 'x' },
        { type: 'resource', resource: { uri: 'file:///y', text: 'inside' } },
      ],
    })
    expect((await agent(terminal.look())).stdout).toBe(
      'one\n\ttwo\n[image, image/png, 3 KB; -o json has it]\n[file:///x]\ninside\n',
    )
    far.act = () => ({ content: [], structuredContent: { a: 1 } })
    expect((await agent(terminal.look())).stdout).toBe('{\n  "a": 1\n}\n')
  })
})

describe('what servers and tools say is only text', () => {
  test.each(['human', 'json', 'toon'])('in %s, on a pipe and on a terminal', async (format) => {
    far.act = () => ({ content: [{ type: 'text', text: EVIL }], structuredContent: { [EVIL]: EVIL } })
    for (const args of COMMANDS) {
      const onPipe = (await agent([...args, '-o', format])).stdout
      expect(onPipe).not.toMatch(DRIVES_TERMINALS)
      expect(withoutOurs(await onTerminal([...args, '-o', format], 60))).not.toMatch(DRIVES_TERMINALS)
    }
  })

  test('in what is said on stderr too', async () => {
    const { stderr } = await agent(['tools', 'call', '--integration', EVIL, '--tool', EVIL, '--info', EVIL])
    expect(stderr.trimEnd()).not.toMatch(DRIVES_TERMINALS)
    expect(stderr.split('\n')).toHaveLength(2)
  })
})

describe('output FORMAT', () => {
  test('holds for every command after it, but -o beats it', async () => {
    expect((await agent(['output', 'json'])).stdout).toBe('output_format: json\n')
    expect(JSON.parse(readFileSync(terminal.settingsFile(), 'utf8'))).toEqual({ output_format: 'json' })
    expect(JSON.parse((await agent(LIST)).stdout)).toEqual(ROWS)
    expect((await agent([...LIST, '-o', 'human'])).stdout).toStartWith('INTEGRATION')
    expect((await agent([...LIST, '--output', 'toon'])).stdout).toStartWith('[2]{')
  })

  test('takes the three there are', async () => {
    await terminal.refused(['output', 'yaml'], 'The output is human, json, toon, not "yaml".')
    await terminal.refused(['output'], /^Usage: agentport output FORMAT/)
  })
})
