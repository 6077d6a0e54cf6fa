import { beforeAll, expect, test } from 'bun:test'
import { join } from 'node:path'

const SCRIPT = join(import.meta.dir, '../../scripts/crash/crash.ts')
const ROUNDS = { kill: 6, full: 2, readonly: 2, clock: 2, slow: 2 }
type Kind = keyof typeof ROUNDS

async function rounds(kind: Kind) {
  const child = Bun.spawn([process.execPath, SCRIPT, '--only', kind, '--rounds', String(ROUNDS[kind])], {
    stdout: 'pipe',
    stderr: 'pipe',
  })
  const [stdout, stderr, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ])
  return { code, stderr, stdout }
}

let runs: { [kind in Kind]: ReturnType<typeof rounds> }
beforeAll(() => {
  // All at once, since most of their time they wait.
  runs = {
    kill: rounds('kill'),
    full: rounds('full'),
    readonly: rounds('readonly'),
    clock: rounds('clock'),
    slow: rounds('slow'),
  }
})

test.each([
  ['kill', 'lives that end by kill -9'],
  ['full', 'lives whose disk fills up and has room again'],
  ['readonly', 'lives whose disk turns read-only for a while'],
  ['clock', 'lives whose clock is set back and forward'],
  ['slow', 'lives whose disk is slow'],
] as const)(
  '%s: %s run nothing twice, lose nothing that was acknowledged and tell nothing untrue',
  async (kind) => {
    const { code, stderr, stdout } = await runs[kind]
    expect({ code, stderr, stdout: code === 0 ? '' : stdout }).toEqual({ code: 0, stderr: '', stdout: '' })
    expect(stdout).toContain(`${kind}: ${ROUNDS[kind]} of ${ROUNDS[kind]} rounds`)
  },
  90_000,
)
