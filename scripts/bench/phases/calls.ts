import { canPin, cpuMs, pin } from '../children.ts'
import { addedBy, type Figure, inBlocks, medianOf, percentileOf } from '../figures.ts'
import { LANES, type Lane } from '../lanes.ts'
import type { Latency, Throughput } from '../load.ts'
import type { Row } from '../report.ts'
import { EVERY_CORE, GATEWAYS_CORE, OTHER_CORES, type Phase, type Stage } from '../stage.ts'

const BLOCK = 50
export const CALLERS = 32

async function openLanes({ shared, upstream, load, size }: Stage) {
  const serving = await shared()
  await load.run({ do: 'open', gateway: serving.gateway, upstreamUrl: upstream.url, lanes: [...LANES] })
  for (const lane of LANES) await load.run({ do: 'calls', lane, count: size.warmUp })
  return serving
}

export const latency: Phase = async (stage) => {
  await openLanes(stage)
  const { blocks: count } = stage.size
  const times = await stage.load.run<Latency>({ do: 'latency', lanes: [...LANES], blocks: count, blockSize: BLOCK })
  const blocks = (lane: Lane) => times[lane] ?? []
  return [50, 99].flatMap((percent): Row[] => [
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
      ...(percent === 50 ? { target: { at: 'most', value: 0.6 } as const } : {}),
    },
  ])
}

export const throughput: Phase = async (stage) => {
  const { load, upstream, size } = stage
  const { pid } = await openLanes(stage)
  const perSecond: Record<Lane, number[]> = { direct: [], legacy: [], modern: [] }
  const gatewayCpu: Record<Lane, number[]> = { direct: [], legacy: [], modern: [] }
  const waits: Record<Lane, number[]> = { direct: [], legacy: [], modern: [] }
  await pin(pid, GATEWAYS_CORE)
  await pin(load.pid, OTHER_CORES)
  for (let round = 0; round < size.rounds; round++) {
    for (const lane of LANES) {
      // Called directly, the upstream has the core that the gateway has otherwise, so neither has to share one.
      await pin(upstream.pid, lane === 'direct' ? GATEWAYS_CORE : OTHER_CORES)
      const before = cpuMs(pid)
      const ms = lane === 'direct' ? size.roundMs / 2 : size.roundMs
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
      target: { at: 'least', value: 2_000 },
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
