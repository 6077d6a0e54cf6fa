// Measures the gateway beside the same calls made directly, in one run: bun run bench [--quick] [--json FILE]
// Policy and the durable log are on; gateway, upstream and load generator are three processes on loopback.

import { writeFileSync } from 'node:fs'
import { availableParallelism, cpus, loadavg, tmpdir } from 'node:os'
import { parseArgs } from 'node:util'
import manifest from '../../package.json'
import {
  buildWhenStale,
  EMAIL,
  type Installed,
  install,
  PASSWORD,
  type Serving,
  serve,
  verifyLog,
} from './agentport.ts'
import { canPin, cpuMs, pin, residentMb, runToEnd, startScript, stolenTicks, stopAll } from './children.ts'
import { addedBy, type Figure, inBlocks, medianOf, percentileOf } from './figures.ts'
import { type Gateway, LANES, type Lane } from './lanes.ts'
import type { ApprovalTimes, Job, Latency, Throughput } from './load.ts'
import { asJson, printed, type Report, type Row } from './report.ts'

const { values: options } = parseArgs({
  options: { quick: { type: 'boolean', default: false }, json: { type: 'string', default: 'bench.json' } },
})
const SIZE = options.quick
  ? { starts: 5, warmUp: 300, blocks: 8, rounds: 1, roundMs: 2_000, approvals: 50 }
  : { starts: 10, warmUp: 1_000, blocks: 40, rounds: 3, roundMs: 4_000, approvals: 100 }
const BLOCK = 50
const CALLERS = 32
const IDLE_MS = 2_000

const CORES = availableParallelism()
const EVERY_CORE = `0-${CORES - 1}`
const GATEWAYS_CORE = '0'
/** All cores but the gateway's; on a machine with a single one there is no other. */
const OTHER_CORES = CORES > 2 ? `1-${CORES - 1}` : String(CORES - 1)

interface Stage {
  installed: Installed
  upstream: { pid: number; url: string; calls(): Promise<number> }
  load: { pid: number; run<T>(job: Job): Promise<T> }
}

async function setStage(): Promise<Stage> {
  await buildWhenStale()
  const far = startScript<string>('upstream.ts')
  const { url } = (await far.first) as { url: string }
  const loader = startScript<Job>('load.ts')
  // It says nothing of its own accord; should it end, the next job tells.
  loader.first.catch(() => {})
  return {
    installed: await install(url),
    upstream: { pid: far.pid, url, calls: async () => ((await far.ask('count')) as { calls: number }).calls },
    load: {
      pid: loader.pid,
      async run<T>(job: Job) {
        const { result, error } = (await loader.ask(job)) as { result: T; error?: string }
        if (error !== undefined) throw new Error(error)
        return result
      },
    },
  }
}

async function measureStarts({ installed, load }: Stage): Promise<Row> {
  const times: number[] = []
  for (let i = 0; i < SIZE.starts; i++) {
    const began = performance.now()
    const serving = await serve(installed)
    await load.run({ do: 'list', gateway: serving.gateway })
    times.push(performance.now() - began)
    await serving.stop()
  }
  const target = { at: 'most', value: 150 } as const
  return {
    what: 'start to first tools/list answered',
    unit: 'ms',
    digits: 0,
    modern: medianOf(times),
    target,
  }
}

async function measureMemory({ load, upstream }: Stage, { pid, gateway }: Serving): Promise<Row[]> {
  const measured = async (what: string): Promise<Row> => ({
    what,
    unit: 'MB resident',
    digits: 0,
    legacy: medianOf([await residentMb(pid)]),
  })
  await Bun.sleep(IDLE_MS)
  const idle: Row = { ...(await measured('memory, idle 2 s after start')), target: { at: 'most', value: 100 } }
  await load.run({ do: 'open', gateway, upstreamUrl: upstream.url, lanes: [...LANES] })
  await load.run({ do: 'calls', lane: 'legacy', count: 100 })
  return [idle, await measured('memory, after 100 calls')]
}

async function measureLatency({ load }: Stage): Promise<Row[]> {
  for (const lane of LANES) await load.run({ do: 'calls', lane, count: SIZE.warmUp })
  const times = await load.run<Latency>({ do: 'latency', lanes: [...LANES], blocks: SIZE.blocks, blockSize: BLOCK })
  const blocks = (lane: Lane) => times[lane] ?? []
  const rows = [50, 99].flatMap((percent): Row[] => [
    {
      what: `call p${percent}, one caller`,
      unit: 'ms',
      digits: 2,
      direct: percentileOf(blocks('direct'), percent),
      legacy: percentileOf(blocks('legacy'), percent),
      modern: percentileOf(blocks('modern'), percent),
    },
    {
      what: `added p${percent}, one caller`,
      unit: 'ms',
      digits: 2,
      legacy: addedBy(blocks('legacy'), blocks('direct'), percent),
      modern: addedBy(blocks('modern'), blocks('direct'), percent),
      ...(percent === 50 ? { target: { at: 'most', value: 1 } as const } : {}),
    },
  ])
  return rows
}

async function measureThroughput({ load, upstream }: Stage, { pid }: Serving): Promise<Row[]> {
  const perSecond: Record<Lane, number[]> = { direct: [], legacy: [], modern: [] }
  const gatewayCpu: Record<Lane, number[]> = { direct: [], legacy: [], modern: [] }
  const waits: Record<Lane, number[]> = { direct: [], legacy: [], modern: [] }
  await pin(pid, GATEWAYS_CORE)
  await pin(load.pid, OTHER_CORES)
  for (let round = 0; round < SIZE.rounds; round++) {
    for (const lane of LANES) {
      // Called directly, the upstream has the core that the gateway has otherwise, so neither has to share one.
      await pin(upstream.pid, lane === 'direct' ? GATEWAYS_CORE : OTHER_CORES)
      const before = cpuMs(pid)
      const ms = lane === 'direct' ? SIZE.roundMs / 2 : SIZE.roundMs
      const done = await load.run<Throughput>({ do: 'throughput', lane, callers: CALLERS, ms })
      perSecond[lane].push((done.calls / done.ms) * 1000)
      waits[lane].push(...done.latencies)
      if (before !== null && lane !== 'direct') gatewayCpu[lane].push(((cpuMs(pid) ?? 0) - before) / done.calls)
    }
  }
  for (const each of [pid, load.pid, upstream.pid]) await pin(each, EVERY_CORE)
  const share = (lane: Lane): Figure => medianOf(perSecond[lane].map((n, i) => n / (perSecond.direct[i] ?? Number.NaN)))
  const wait = (lane: Lane): Figure => percentileOf(inBlocks(waits[lane], 1_000), 50)
  const every = (of: (lane: Lane) => Figure) => ({ direct: of('direct'), legacy: of('legacy'), modern: of('modern') })
  const rows: Row[] = [
    {
      what: `calls, ${CALLERS} callers${canPin ? ', gateway on one core' : ''}`,
      unit: '1/s',
      digits: 0,
      ...every((lane) => medianOf(perSecond[lane])),
      target: { at: 'least', value: 1_000 },
    },
    { what: 'share of direct calls', unit: 'ratio', digits: 3, legacy: share('legacy'), modern: share('modern') },
    { what: `call p50, ${CALLERS} callers`, unit: 'ms', digits: 1, ...every(wait) },
  ]
  if (gatewayCpu.legacy.length > 0) {
    const [legacy, modern] = [medianOf(gatewayCpu.legacy), medianOf(gatewayCpu.modern)]
    rows.push({ what: 'processor time of the gateway', unit: 'ms a call', digits: 3, legacy, modern })
  }
  return rows
}

async function measureApprovals({ load }: Stage, gateway: Gateway): Promise<Row[]> {
  const job = { do: 'approvals', gateway, email: EMAIL, password: PASSWORD } as const
  await load.run<ApprovalTimes>({ ...job, rounds: 10 })
  const { toResult, toAnswer } = await load.run<ApprovalTimes>({ ...job, rounds: SIZE.approvals })
  const row = (what: string, times: number[], percent: number): Row => ({
    what: `${what} p${percent}`,
    unit: 'ms',
    digits: 1,
    legacy: percentileOf(inBlocks(times, 10), percent),
    ...(percent === 50 && times === toResult ? { target: { at: 'most', value: 20 } as const } : {}),
  })
  const what = 'approve to result'
  return [row(what, toResult, 50), row(what, toResult, 99), row('approve to answer of the page', toAnswer, 50)]
}

async function main(): Promise<void> {
  const began = performance.now()
  const loadBefore = loadavg()[0] ?? 0
  const stolenBefore = stolenTicks()
  const stage = await setStage()
  const rows: Row[] = []
  const durations: string[] = []
  const phase = async (name: string, measure: () => Promise<Row | Row[]>) => {
    const phaseBegan = performance.now()
    process.stderr.write(`measuring ${name} …\n`)
    rows.push(...[await measure()].flat())
    durations.push(`${name} ${((performance.now() - phaseBegan) / 1000).toFixed(1)} s`)
  }
  try {
    await phase('starts', () => measureStarts(stage))
    const serving = await serve(stage.installed)
    await phase('memory', () => measureMemory(stage, serving))
    await phase('latency', () => measureLatency(stage))
    await phase('throughput', () => measureThroughput(stage, serving))
    await phase('approvals', () => measureApprovals(stage, serving.gateway))
    const residentAtEnd = await residentMb(serving.pid)
    const calls = await stage.upstream.calls()
    await serving.stop()
    const events = await verifyLog(stage.installed)
    const stolen = stolenTicks()
    const stealPercent =
      stolen && stolenBefore ? (100 * (stolen[0] - stolenBefore[0])) / (stolen[1] - stolenBefore[1]) : null
    const fileSystem = process.platform === 'linux' ? await runToEnd(['stat', '-f', '-c', '%T', tmpdir()]) : null
    const report: Report = {
      facts: {
        date: new Date().toISOString(),
        program: `AgentPort ${manifest.version}, Bun ${Bun.version}${options.quick ? ', --quick' : ''}`,
        machine: `${CORES} × ${cpus()[0]?.model.trim()}, ${process.platform} ${process.arch}`,
        'load of the machine': `${loadBefore.toFixed(2)} before, ${(loadavg()[0] ?? 0).toFixed(2)} after; taken by its host: ${stealPercent === null ? 'not known' : `${stealPercent.toFixed(1)} %`}`,
        'data directory on': fileSystem?.trim() ?? null,
        durations: `${durations.join(', ')}; ${((performance.now() - began) / 1000).toFixed(1)} s in all`,
        'calls that reached the upstream': calls,
        'events in the log, chain verified': events,
        'memory at the end, MB': Math.round(residentAtEnd),
      },
      rows,
      notes: [
        'Medians of repetitions, or percentiles of all calls; in brackets the least and the most of the repetitions, or of the fifths of the run.',
        `Every answer was checked to be the right one. Starts: ${SIZE.starts}, over an existing data directory.`,
        canPin
          ? `With ${CALLERS} callers the gateway has core ${GATEWAYS_CORE}, the rest cores ${OTHER_CORES}; called directly, the upstream has core ${GATEWAYS_CORE}. With one caller nothing is pinned.`
          : 'taskset is missing here: no process was pinned to a core.',
        'The load generator is a limit too: it uses fetch, and one core.',
      ],
    }
    process.stdout.write(printed(report))
    writeFileSync(options.json, asJson(report))
  } finally {
    await stopAll()
    stage.installed.remove()
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
