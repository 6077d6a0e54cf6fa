// Measures the gateway beside the same calls made directly, in one run:
// bun run bench [--quick] [--only PHASE[,PHASE]] [--soak MINUTES] [--json FILE]
// Policy and the durable log are on; gateway, upstream and load generator are three processes on loopback.

import { writeFileSync } from 'node:fs'
import { availableParallelism, cpus, loadavg, tmpdir } from 'node:os'
import { parseArgs } from 'node:util'
import manifest from '../../package.json'
import { buildWhenStale, verifyLog } from './agentport.ts'
import { canPin, mostFiles, residentMb, runToEnd, stolenTicks, stopAll } from './children.ts'
import { approvals, cycles } from './phases/approvals.ts'
import { CALLERS, latency, throughput } from './phases/calls.ts'
import { memory, starts } from './phases/idle.ts'
import { log } from './phases/log.ts'
import { search } from './phases/search.ts'
import { soak } from './phases/soak.ts'
import { waiters } from './phases/waiters.ts'
import { asJson, printed, type Report, type Row } from './report.ts'
import { GATEWAYS_CORE, OTHER_CORES, type Phase, SIZES, type Stage, setStage } from './stage.ts'

/** In this order: what measures an idle gateway comes before what leaves it warm. */
const PHASES: { [name: string]: Phase } = {
  starts,
  memory,
  latency,
  throughput,
  approvals,
  cycles,
  waiters,
  search,
  log,
}

const { values: options } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    only: { type: 'string', default: Object.keys(PHASES).join() },
    soak: { type: 'string' },
    json: { type: 'string', default: 'bench.json' },
  },
})
const chosen = options.only.split(',')
const stranger = chosen.find((name) => !Object.hasOwn(PHASES, name))
const soakMinutes = options.soak === undefined ? null : Number(options.soak)

async function main(): Promise<void> {
  if (stranger !== undefined) throw new Error(`There is no phase ${stranger}, only ${Object.keys(PHASES).join(', ')}.`)
  if (soakMinutes !== null && !(Number.isInteger(soakMinutes) && soakMinutes > 0))
    throw new Error('Say for how many whole minutes to soak.')
  const began = performance.now()
  const loadBefore = loadavg()[0] ?? 0
  const stolenBefore = stolenTicks()
  await buildWhenStale()
  const stage = await setStage(SIZES[options.quick ? 'quick' : 'full'])
  const rows: Row[] = []
  const durations: string[] = []
  const notes = [
    'Medians of repetitions, or percentiles of all calls; in brackets the least and the most of the repetitions, or of the fifths of the run.',
    'Every answer was checked to be the right one.',
    canPin
      ? `With ${CALLERS} callers the gateway has core ${GATEWAYS_CORE}, the rest cores ${OTHER_CORES}; called directly, the upstream has core ${GATEWAYS_CORE}. Else nothing is pinned.`
      : 'taskset is missing here: no process was pinned to a core.',
    'The load generator is a limit too: it uses fetch, and one core.',
    'A waiting agent of 2025 has a session and its stream too; the gateway was started after all had asked. One act, setting the tool to deny, ends all waits.',
  ]
  const timed = async (name: string, measure: () => Promise<Row[]>) => {
    const phaseBegan = performance.now()
    process.stderr.write(`measuring ${name} …\n`)
    rows.push(...(await measure()))
    durations.push(`${name} ${((performance.now() - phaseBegan) / 1000).toFixed(1)} s`)
  }
  try {
    if (soakMinutes === null) {
      for (const [name, phase] of Object.entries(PHASES)) {
        if (chosen.includes(name)) await timed(name, () => phase(stage))
      }
    } else {
      await timed('soak', async () => {
        const { rows, note } = await soak(stage, soakMinutes)
        notes.push(note)
        return rows
      })
    }
    const ended = await end(stage)
    const stolen = stolenTicks()
    const stealPercent =
      stolen && stolenBefore ? (100 * (stolen[0] - stolenBefore[0])) / (stolen[1] - stolenBefore[1]) : null
    const fileSystem = process.platform === 'linux' ? await runToEnd(['stat', '-f', '-c', '%T', tmpdir()]) : null
    const report: Report = {
      facts: {
        date: new Date().toISOString(),
        program: `AgentPort ${manifest.version}, Bun ${Bun.version}${options.quick ? ', --quick' : ''}`,
        machine: `${availableParallelism()} × ${cpus()[0]?.model.trim()}, ${process.platform} ${process.arch}`,
        'load of the machine': `${loadBefore.toFixed(2)} before, ${(loadavg()[0] ?? 0).toFixed(2)} after; taken by its host: ${stealPercent === null ? 'not known' : `${stealPercent.toFixed(1)} %`}`,
        'data directory on': fileSystem?.trim() ?? null,
        'open files a process may have': await mostFiles(),
        durations: `${durations.join(', ')}; ${((performance.now() - began) / 1000).toFixed(1)} s in all`,
        ...ended,
      },
      rows,
      notes,
    }
    process.stdout.write(printed(report))
    writeFileSync(options.json, asJson(report))
  } finally {
    await stopAll()
    stage.remove()
  }
}

/** What the gateway that most phases shared was like in the end. */
async function end({ shared, sharedInstalled, upstream }: Stage): Promise<Report['facts']> {
  const { pid, stop } = await shared()
  const megabytes = Math.round(await residentMb(pid))
  await stop()
  return {
    'calls that reached the upstream': await upstream.calls(),
    'events in the log, chain verified': await verifyLog(sharedInstalled),
    'memory at the end, MB': megabytes,
  }
}

try {
  await main()
  process.exit(0)
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error))
  await stopAll()
  process.exit(1)
}
