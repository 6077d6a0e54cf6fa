import { beforeAll, describe, expect, test } from 'bun:test'
import { symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { programBuilt } from '../harness/binary.ts'
import { type Program, run } from '../harness/program.ts'
import { tempDir } from '../harness/temp-dir.ts'

let program: Program
/** Every command, as the list of help has it. */
let commands: string[]

beforeAll(async () => {
  program = await programBuilt()
  const { stdout } = await run(['--help'], { program })
  commands = [...stdout.matchAll(/^ {2}agentport ([a-z][a-z-]*(?: [a-z][a-z-]*)*)(?= |$)/gm)].map(
    (match) => match[1] ?? '',
  )
}, 60_000)

const help = async (words: string) => (await run([...words.split(' '), '--help'], { program })).stdout

test('the help of every command says what it takes and does, and has an example that begins with it', async () => {
  expect(commands.length).toBeGreaterThan(30)
  for (const words of commands) {
    const text = await help(words)
    expect(text).toStartWith(`agentport ${words}`)
    const example = text.slice(text.indexOf('\nExample:\n') + 10)
    expect([words, example.includes(`agentport ${words}`)]).toEqual([words, true])
  }
})

test('every flag that help names is one that the command takes', async () => {
  const folder = tempDir()
  const options = {
    program,
    cwd: folder.path,
    env: { HOME: '/dev/null' },
  }
  for (const words of commands) {
    const takes = (await help(words)).split('\n')[0] ?? ''
    // The operator's would do something; of these none gets far without a home and a key.
    if (!takes.includes('[-o ')) continue
    const flags = [...(takes.match(/--[a-z][a-z-]*/g) ?? []), '-o', '--output']
    for (const flag of flags) {
      const { stderr } = await run([...words.split(' '), flag, 'x'], options)
      expect([words, flag, /unknown option/i.test(stderr)]).toEqual([words, flag, false])
    }
  }
  folder.remove()
}, 30_000)

test('help of the beginning of commands lists those', async () => {
  const { stdout } = await run(['help', 'tools'], { program })
  expect(stdout).toContain('  agentport tools call ')
  expect(stdout).not.toContain('agentport serve')
})

test('called through a link named ap it is the same program', async () => {
  const folder = tempDir()
  symlinkSync(program[0] ?? '', join(folder.path, 'ap'))
  const ap = (args: string[]) => run(args, { program: [join(folder.path, 'ap')] })
  for (const args of [['version'], ['--help'], ['tools', 'call'], ['auth', 'status']])
    expect(await ap(args)).toEqual(await run(args, { program }))
  folder.remove()
})

describe('completions', () => {
  test('there are those of bash, zsh and fish, and no others', async () => {
    for (const shell of ['bash', 'zsh', 'fish']) {
      const { code, stdout } = await run(['completions', shell], { program })
      expect(code).toBe(0)
      for (const words of commands) expect(stdout).toContain(`'${words}'`)
      expect(stdout).toMatch(/\bagentport ap\b/)
    }
    const other = await run(['completions', 'tcsh'], { program })
    expect([other.code, other.stderr]).toEqual([1, 'There are completions for bash, zsh, fish.\n'])
  })

  test.each([
    ['ap tools ', ['list', 'describe', 'call', 'await-approval']],
    ['agentport tools call --wait', ['--wait', '--wait-timeout']],
    ['agentport tools list -o ', ['human', 'json', 'toon']],
    ['agentport tools call --tool x --out', ['--output']],
    ['agentport output j', ['json']],
    ['agentport admin ke', ['key']],
    ['agentport admin policy ', ['set', 'list']],
    ['agentport admin connection ', ['test']],
    ['agentport admin apply --', ['--dry-run', '--prune', '--data', '--user', '--json', '--help']],
    ['agentport doctor --js', ['--json']],
    ['agentport completions z', ['zsh']],
    ['agentport nonsense ', []],
  ])('bash offers for %p: %p', async (typed, offered) => {
    const words = typed.split(' ')
    const script = [
      'source "$0"',
      `COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')})`,
      `COMP_CWORD=${words.length - 1}`,
      '_agentport',
      `printf "%s\\n" "\${COMPREPLY[@]}"`,
    ].join('\n')
    const folder = tempDir()
    const file = join(folder.path, 'completions')
    await Bun.write(file, (await run(['completions', 'bash'], { program })).stdout)
    const bash = Bun.spawnSync(['bash', '-c', script, file])
    expect(bash.stderr.toString()).toBe('')
    expect(bash.stdout.toString().split('\n').filter(Boolean)).toEqual(offered)
    folder.remove()
  })
})
