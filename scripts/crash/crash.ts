// bun run crash [--rounds N] [--seed S] [--only kill|full|readonly|clock|slow] [--no-mount]: a gateway in trouble, again and again,
// under random agents, decisions, policy changes and operator commands, against an upstream that counts. It is killed by kill -9 at
// random moments and at each named step; its disk fills up, turns read-only, is slow; its clock is set back and forward.
// It asserts that nothing ran twice or against the policy, nothing acknowledged was lost, every outcome told was true, that the log
// verifies, and that the gateway gets well again by itself.

import { cpSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { tempDir } from '../../test/harness/temp-dir.ts'
import { clockKind } from './clock-rounds.ts'
import { type DiskOptions, fullDiskKind, readOnlyKind } from './disk-rounds.ts'
import { killKind } from './kill-rounds.ts'
import type { Kind } from './kind.ts'
import { lookAtLast } from './last-look.ts'
import { Random } from './random.ts'
import { slowKind } from './slow-rounds.ts'
import { setStage } from './stage.ts'

/** Each kind, and its part of all rounds. */
const KINDS = {
  kill: { of: killKind, share: 0.5 },
  full: { of: fullDiskKind, share: 0.15 },
  readonly: { of: readOnlyKind, share: 0.1 },
  clock: { of: clockKind, share: 0.15 },
  slow: { of: slowKind, share: 0.1 },
} satisfies { [name: string]: { of: (options: DiskOptions) => Kind; share: number } }
type KindName = keyof typeof KINDS

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '200' },
    seed: { type: 'string' },
    only: { type: 'string' },
    mount: { type: 'boolean', default: true },
  },
  allowNegative: true,
})
const rounds = Number(values.rounds)
if (!(rounds >= 1)) throw new Error(`--rounds is a number, not ${values.rounds}.`)
const seed = values.seed === undefined ? (crypto.getRandomValues(new Uint32Array(1))[0] ?? 1) : Number(values.seed)
const names = (Object.keys(KINDS) as KindName[]).filter((name) => values.only === undefined || name === values.only)
if (names.length === 0) throw new Error(`There is no kind ${values.only}; there are ${Object.keys(KINDS).join(', ')}.`)
// What is mounted must not stay behind.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130))

const totals = { rounds: 0, calls: 0, runs: 0, violations: 0 }

async function play(name: KindName, index: number): Promise<void> {
  const began = performance.now()
  const kind = KINDS[name].of({ mayMount: values.mount })
  // Each kind has its own luck, so that it can be repeated alone.
  const stage = await setStage(kind.dataDir, new Random(seed + index))
  const { ledger, far } = stage
  const planned = values.only === undefined ? Math.max(1, Math.round(rounds * KINDS[name].share)) : rounds
  let played = 0
  let failure: unknown = null
  try {
    for (; played < planned; played++) await kind.round(stage)
  } catch (error) {
    failure = error
  }
  const { violations, events } = await lookAtLast(stage)
  const lack = kind.lacks()
  if (lack) violations.push(lack)
  if (failure) violations.push(failure instanceof Error ? (failure.stack ?? failure.message) : String(failure))
  await far.stop()

  const told = Map.groupBy(
    [...ledger.entries.values()].flatMap((entry) => entry.told),
    ({ word }) => word,
  )
  const words = [...told].map(([word, all]) => `${all.length} ${word}`).join(', ')
  const seconds = ((performance.now() - began) / 1000).toFixed(0)
  console.log(
    `${name}: ${played} of ${planned} rounds in ${seconds} s, ${ledger.entries.size} calls, ${far.calls.length} runs, ${events} events; ` +
      `${kind.says()}. Told: ${words}; ${ledger.refusals} answers without an outcome, the slowest after ${Math.round(ledger.slowestAnswerMs)} ms.`,
  )
  for (const violation of violations) console.error(`VIOLATION (${name}) ${violation}`)
  if (violations.length > 0) {
    const kept = tempDir().path
    cpSync(kind.dataDir, kept, { recursive: true })
    console.error(`The data is kept in ${kept}`)
  }
  kind.remove()
  totals.rounds += played
  totals.calls += ledger.entries.size
  totals.runs += far.calls.length
  totals.violations += violations.length
}

const began = performance.now()
for (const name of names) await play(name, Object.keys(KINDS).indexOf(name))
const seconds = ((performance.now() - began) / 1000).toFixed(0)
console.log(
  `${totals.rounds} rounds in ${seconds} s, seed ${seed}: ${totals.calls} calls, ${totals.runs} runs, ${totals.violations} violations`,
)
process.exit(totals.violations === 0 ? 0 : 1)
