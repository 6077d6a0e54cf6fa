import { beforeAll, describe, expect, test } from 'bun:test'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Outcome } from '../../src/approvals/approvals.ts'
import { META_TOOLS } from '../../src/gateway/meta-tools.ts'
import { INPUTS, OUTPUTS } from '../../src/gateway/tool-schemas.ts'
import { APPROVAL_MODES } from '../../src/policy/policy.ts'
import { SKILLS } from '../../src/skills/skills.ts'
import { programBuilt } from '../harness/binary.ts'
import { type Program, run } from '../harness/program.ts'

const FOLDER = join(import.meta.dir, '../../src/skills')
/** Whatever stands between backticks, in the text and in the examples. */
const quoted = (text: string) => [...text.matchAll(/`([^`\n]+)`/g)].map((match) => match[1] ?? '')
const blocks = (text: string) => [...text.matchAll(/^ *```\w*\n([\s\S]*?)^ *```$/gm)].map((match) => match[1] ?? '')

/** Each outcome there is; a word that is missing here, or too many, does not compile. */
const OUTCOMES: { [word in Outcome['word']]: true } = {
  executed: true,
  approval_required: true,
  pending: true,
  blocked: true,
  denied: true,
  expired: true,
  unknown: true,
  failed: true,
  invalid: true,
  limited: true,
}

const fieldsOf = (schemas: typeof INPUTS | typeof OUTPUTS) =>
  Object.values(schemas).flatMap((each) => Object.keys(each.shape))
const FIELDS = new Set([...fieldsOf(INPUTS), ...fieldsOf(OUTPUTS), 'approval_mode', 'isError', 'content'])

describe.each(SKILLS.map((skill) => [skill.name, skill] as const))('the skill %s', (name, { text, description }) => {
  test('has the format of Agent Skills', () => {
    expect(readFileSync(join(FOLDER, name, 'SKILL.md'), 'utf8')).toBe(text)
    const front = /^---\n([\s\S]*?)\n---\n/.exec(text)?.[1] ?? ''
    expect(Bun.YAML.parse(front)).toEqual({ name, description, license: 'MIT' })
    expect(name).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*$/)
    expect(name.length).toBeLessThanOrEqual(64)
    expect(description.length).toBeLessThanOrEqual(1024)
    expect(text.split('\n').length).toBeLessThan(500)
  })

  test('names no tool that is not there, and no field that the tools do not have', () => {
    const tools = new Set(META_TOOLS.map((tool) => tool.name))
    for (const named of text.match(/agentport__[a-z_]+/g) ?? []) expect(tools).toContain(named)
    const words = quoted(text).filter((word) => /^[a-z]+(_[a-z]+)+$/.test(word))
    for (const word of words) {
      const known =
        FIELDS.has(word) || Object.hasOwn(OUTCOMES, word) || (APPROVAL_MODES as readonly string[]).includes(word)
      expect([word, known]).toEqual([word, true])
    }
  })

  test('names other skills by their names', () => {
    const named = [...text.matchAll(/\*\*(agentport[a-z-]*)\*\*/g)].map((match) => match[1] ?? '')
    for (const other of named) expect(SKILLS.map((skill) => skill.name)).toContain(other)
  })

  test('has examples that are JSON where they say so, and shell where they say that', () => {
    for (const block of blocks(text)) {
      if (block.trimStart().startsWith('{')) expect(JSON.parse(block)).toBeObject()
      else expect([block, Bun.spawnSync(['bash', '-n', '-c', block]).exitCode]).toEqual([block, 0])
    }
  })
})

test('the skills are the folders that lie there, and no others', () => {
  const folders = readdirSync(FOLDER, { withFileTypes: true }).filter((entry) => entry.isDirectory())
  expect(folders.map((entry) => entry.name).toSorted()).toEqual(SKILLS.map(({ name }) => name).toSorted())
})

test('the overview has every mode and every outcome in its tables, and nothing else', () => {
  const [overview] = SKILLS
  const cells = [...(overview?.text ?? '').matchAll(/^\| `([a-z_]+)` \|/gm)].map((match) => match[1])
  expect(cells.toSorted()).toEqual([...APPROVAL_MODES, ...Object.keys(OUTCOMES)].toSorted())
})

test('the skill about MCP names every tool that there is', () => {
  const text = SKILLS.find(({ name }) => name === 'agentport-mcp')?.text ?? ''
  for (const tool of META_TOOLS) expect(text).toContain(`\`${tool.name}\``)
})

describe('the skill about the command line', () => {
  const text = SKILLS.find(({ name }) => name === 'agentport-cli')?.text ?? ''
  let program: Program
  beforeAll(async () => {
    program = await programBuilt()
  }, 60_000)

  /** Its command lines, each in one line. */
  const lines = () =>
    [...blocks(text).flatMap((block) => block.replaceAll('\\\n', ' ').split('\n')), ...quoted(text)]
      .map((line) => line.trim())
      .filter((line) => line.startsWith('agentport '))

  test('names commands that exist, with flags that they take', async () => {
    expect(lines().length).toBeGreaterThan(8)
    for (const line of lines()) {
      const words = line.replace(/'[^']*'|"[^"]*"/g, 'x').split(/\s+/)
      const flags = words.filter((word) => word.startsWith('-')).map((word) => word.replace(/=.*/, ''))
      const { stdout } = await run([...words.slice(1, 3), '--help'], { program })
      expect(stdout).toStartWith(`agentport ${words.slice(1, 3).join(' ')}`)
      const takes = stdout.split('\n')[0] ?? ''
      for (const flag of flags) expect([line, takes.includes(flag)]).toEqual([line, true])
    }
    const { stdout } = await run(['tools', 'call', '--help'], { program })
    for (const flag of text.match(/`(--[a-z-]+)/g) ?? []) expect(stdout).toContain(flag.slice(1))
  })

  test('says the words on stderr as they are', async () => {
    const words = [...text.matchAll(/`([A-Z][a-z]+)`/g)].map((match) => (match[1] ?? '').toLowerCase())
    for (const word of words) expect(Object.keys(OUTCOMES)).toContain(word)
    expect(quoted(text)).toEqual(expect.arrayContaining(['Approval required: <url>', 'Approval still pending: <url>']))
  })
})
