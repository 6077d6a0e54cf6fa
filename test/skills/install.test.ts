import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { SKILLS } from '../../src/skills/skills.ts'
import { programBuilt } from '../harness/binary.ts'
import { type Program, run } from '../harness/program.ts'
import { tempDir } from '../harness/temp-dir.ts'

let program: Program
const folder = tempDir()
let home: string
beforeAll(async () => {
  program = await programBuilt()
}, 60_000)
afterAll(() => folder.remove())
beforeEach(() => {
  home = mkdtempSync(join(folder.path, 'home-'))
})

const NAMES = SKILLS.map(({ name }) => name)
async function install(...args: string[]): Promise<{ skill: string; file: string; changed: boolean }[]> {
  const { code, stdout, stderr } = await run(['skills', 'install', ...args, '-o', 'json'], {
    program,
    env: { HOME: home, PATH: '/nowhere' },
    cwd: home,
  })
  expect([code, stderr]).toEqual([0, ''])
  return JSON.parse(stdout)
}
const isWhole = (folder: string) =>
  SKILLS.every(({ name, text }) => readFileSync(join(home, folder, name, 'SKILL.md'), 'utf8') === text)

describe('skills install', () => {
  test('puts every skill where the clients that are here look for theirs', async () => {
    for (const folder of ['.claude', '.cursor', '.codex']) mkdirSync(join(home, folder))
    const rows = await install()
    expect(rows).toHaveLength(3 * NAMES.length)
    for (const folder of ['.claude/skills', '.cursor/skills', '.agents/skills']) expect(isWhole(folder)).toBe(true)
    expect(existsSync(join(home, '.gemini'))).toBe(false)
  })

  test('for the clients that are named, or into a folder', async () => {
    await install('--client', 'gemini-cli', '--client', 'vs-code', '--dir', 'mine')
    for (const folder of ['.gemini/skills', '.copilot/skills', 'mine']) expect(isWhole(folder)).toBe(true)
    expect((await install('--dir', 'other')).map(({ file }) => file)).toEqual(
      NAMES.map((name) => join(home, 'other', name, 'SKILL.md')),
    )
  })

  test('where no client is found, into the folder that all of them may share', async () => {
    await install()
    expect(isWhole('.agents/skills')).toBe(true)
  })

  test('again changes nothing; and what an earlier version put there is replaced', async () => {
    await install('--dir', 'mine')
    expect((await install('--dir', 'mine')).some(({ changed }) => changed)).toBe(false)
    writeFileSync(join(home, 'mine/agentport/SKILL.md'), 'of last year')
    expect((await install('--dir', 'mine')).filter(({ changed }) => changed).map(({ skill }) => skill)).toEqual([
      'agentport',
    ])
    expect(isWhole('mine')).toBe(true)
  })

  test('for a client that has none says which have', async () => {
    const { code, stderr } = await run(['skills', 'install', '--client', 'claude-desktop'], {
      program,
      env: { HOME: home },
    })
    expect([code, stderr]).toEqual([
      1,
      expect.stringMatching(/^Skills are installed for claude-code, .*, not for "claude-desktop"\./),
    ])
  })

  test('skills list names them', async () => {
    const { stdout } = await run(['skills', 'list', '-o', 'json'], { program, env: { HOME: home } })
    expect(JSON.parse(stdout)).toEqual(SKILLS.map(({ name, description }) => ({ name, description })))
  })
})
