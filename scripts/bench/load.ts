// The load generator, as a process of its own: it is told what to do, one job at a time, and answers with raw figures.

import { approvals, cycles } from './approving.ts'
import { type Call, type Gateway, type Generation, type Lane, modernRequests, openLane } from './lanes.ts'
import { type Account, signIn } from './person.ts'
import { type PagePath, reading, type Search, searches } from './reading.ts'
import { beginSoak, countSoak } from './soaking.ts'
import { ask, wait, wake, warmUp } from './waiting.ts'

export type Job =
  /** Opens one session for each lane; every later job of calls uses them. */
  | { do: 'open'; gateway: Gateway; upstreamUrl: string; lanes: Lane[] }
  /** So many calls one after the other, for warming up. */
  | { do: 'calls'; lane: Lane; count: number }
  /** One caller, blocks of calls in turn over the lanes, so that noise hits all of them. */
  | { do: 'latency'; lanes: Lane[]; blocks: number; blockSize: number }
  /** Many callers for some time. */
  | { do: 'throughput'; lane: Lane; callers: number; ms: number }
  /** A person approves while the agent waits. */
  | { do: 'approvals'; gateway: Gateway; account: Account; rounds: number }
  /** Several agents ask, are approved and have their results, over and over for some time. */
  | { do: 'cycles'; generation: Generation; gateway: Gateway; account: Account; agents: number; ms: number }
  /** Many agents ask, then wait, then are woken by one decision. */
  | { do: 'ask'; gateway: Gateway; account: Account; agents: number }
  | { do: 'warm up waits'; generation: Generation; count: number }
  | { do: 'wait'; generation: Generation }
  | { do: 'wake' }
  /** Looks for tools, all of the queries in turn, so many times. */
  | { do: 'searches'; gateway: Gateway; queries: Search[]; rounds: number }
  /** Reads pages as a person, all of the paths in turn, so many times. */
  | { do: 'pages'; account: Account; paths: PagePath[]; rounds: number }
  /** Everything at once, until the process ends. */
  | { do: 'soak'; gateway: Gateway; account: Account }
  | { do: 'soaked' }
  /** Asks for the tools once, in the generation that needs one request only. */
  | { do: 'list'; gateway: Gateway }

export interface Latency {
  /** Milliseconds of each call, by lane, in blocks. */
  [lane: string]: number[][]
}
export interface Throughput {
  calls: number
  ms: number
  /** Milliseconds of each call. */
  latencies: number[]
}

const lanes = new Map<Lane, Call>()
let made = 0

function lane(name: Lane): Call {
  const call = lanes.get(name)
  if (!call) throw new Error(`The ${name} lane is not open`)
  return call
}

async function timed(call: Call): Promise<number> {
  const began = performance.now()
  await call(++made)
  return performance.now() - began
}

async function latency({ lanes: names, blocks, blockSize }: Extract<Job, { do: 'latency' }>): Promise<Latency> {
  const times: Latency = Object.fromEntries(names.map((name) => [name, []]))
  for (let block = 0; block < blocks; block++) {
    for (const name of names) {
      const call = lane(name)
      const mine: number[] = []
      for (let i = 0; i < blockSize; i++) mine.push(await timed(call))
      times[name]?.push(mine)
    }
  }
  return times
}

async function throughput({ lane: name, callers, ms }: Extract<Job, { do: 'throughput' }>): Promise<Throughput> {
  const call = lane(name)
  const latencies: number[] = []
  const began = performance.now()
  async function caller() {
    while (performance.now() - began < ms) latencies.push(await timed(call))
  }
  await Promise.all(Array.from({ length: callers }, caller))
  return { calls: latencies.length, ms: performance.now() - began, latencies }
}

async function run(job: Job): Promise<unknown> {
  switch (job.do) {
    case 'open':
      for (const name of job.lanes) lanes.set(name, await openLane(name, job.gateway, job.upstreamUrl))
      return null
    case 'calls':
      for (let i = 0; i < job.count; i++) await lane(job.lane)(++made)
      return null
    case 'latency':
      return latency(job)
    case 'throughput':
      return throughput(job)
    case 'approvals':
      return approvals(job)
    case 'cycles':
      return cycles(job)
    case 'ask':
      return ask(job)
    case 'warm up waits':
      return warmUp(job.generation, job.count)
    case 'wait':
      return wait(job.generation)
    case 'wake':
      return wake()
    case 'searches':
      return searches(modernRequests(job.gateway), job)
    case 'pages':
      return reading(await signIn(job.account), job)
    case 'soak':
      return beginSoak(job)
    case 'soaked':
      return countSoak()
    case 'list':
      return (await modernRequests(job.gateway)('tools/list', {})).tools?.length
  }
}

process.on('disconnect', () => process.exit(0))
process.on('message', async (job: Job) => {
  try {
    process.send?.({ result: await run(job) })
  } catch (error) {
    process.send?.({ error: error instanceof Error ? error.message : String(error) })
  }
})
process.send?.({ ready: true })
