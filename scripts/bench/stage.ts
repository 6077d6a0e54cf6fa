// What the phases of the bench stand on: an upstream, a load generator, and gateways over data directories of their own.

import { availableParallelism } from 'node:os'
import { type Installed, install, type Serving, serve } from './agentport.ts'
import { startScript } from './children.ts'
import type { Job } from './load.ts'
import type { Row } from './report.ts'

export const SIZES = {
  full: {
    starts: 10,
    warmUp: 1_000,
    blocks: 40,
    rounds: 3,
    roundMs: 4_000,
    approvals: 100,
    cycleMs: 5_000,
    warmUpWaits: 300,
    settleMs: 3_000,
    waiting: [1_000, 10_000],
    searchRounds: 30,
    loggedCalls: 1_000_000,
    pageRounds: 40,
  },
  quick: {
    starts: 3,
    warmUp: 200,
    blocks: 6,
    rounds: 1,
    roundMs: 1_200,
    approvals: 20,
    cycleMs: 1_000,
    warmUpWaits: 50,
    settleMs: 500,
    waiting: [50, 150],
    searchRounds: 3,
    loggedCalls: 20_000,
    pageRounds: 5,
  },
} as const
export type Size = (typeof SIZES)['full' | 'quick']

const CORES = availableParallelism()
export const EVERY_CORE = `0-${CORES - 1}`
export const GATEWAYS_CORE = '0'
/** All cores but the gateway's; on a machine with a single one there is no other. */
export const OTHER_CORES = CORES > 2 ? `1-${CORES - 1}` : String(CORES - 1)

export interface Stage {
  size: Size
  upstream: { pid: number; url: string; calls(): Promise<number> }
  load: { pid: number; run<T>(job: Job): Promise<T> }
  /** The gateway that most phases share, started by the first that needs it. */
  shared(): Promise<Serving>
  sharedInstalled: Installed
  /** A gateway for one phase alone, which must not find what others left. */
  own(): Promise<Installed>
  remove(): void
}

/** One part of the bench. It leaves the load generator free, and nothing pinned. */
export type Phase = (stage: Stage) => Promise<Row[]>

export async function setStage(size: Size): Promise<Stage> {
  const far = startScript<string>('upstream.ts')
  const { url } = (await far.first) as { url: string }
  const loader = startScript<Job>('load.ts')
  await loader.first
  const sharedInstalled = await install(url)
  const all = [sharedInstalled]
  let shared: Promise<Serving> | null = null
  return {
    size,
    sharedInstalled,
    shared() {
      shared ??= serve(sharedInstalled)
      return shared
    },
    async own() {
      const installed = await install(url)
      all.push(installed)
      return installed
    },
    remove() {
      for (const installed of all) installed.remove()
    },
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
