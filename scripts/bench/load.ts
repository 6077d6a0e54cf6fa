// The load generator, as a process of its own: it is told what to do, one job at a time, and answers with raw figures.

import {
  type Call,
  check,
  type Gateway,
  gatewaySession,
  type Lane,
  modernRequests,
  openLane,
  throughGateway,
} from './lanes.ts'

export type Job =
  /** Opens one session for each lane; every later job uses them. */
  | { do: 'open'; gateway: Gateway; upstreamUrl: string; lanes: Lane[] }
  /** So many calls one after the other, for warming up. */
  | { do: 'calls'; lane: Lane; count: number }
  /** One caller, blocks of calls in turn over the lanes, so that noise hits all of them. */
  | { do: 'latency'; lanes: Lane[]; blocks: number; blockSize: number }
  /** Many callers for some time. */
  | { do: 'throughput'; lane: Lane; callers: number; ms: number }
  /** A person approves while the agent waits. */
  | { do: 'approvals'; gateway: Gateway; rounds: number; email: string; password: string }
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
export interface ApprovalTimes {
  /** From sending the decision to the agent having the result, and to the page having its answer; milliseconds. */
  toResult: number[]
  toAnswer: number[]
}

/** Long enough that the agent's wait has certainly begun when the person decides. */
const BEFORE_DECISION_MS = 20

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

async function approvals(job: Extract<Job, { do: 'approvals' }>): Promise<ApprovalTimes> {
  const decide = await signIn(job)
  const request = await gatewaySession(job.gateway)
  const times: ApprovalTimes = { toResult: [], toAnswer: [] }
  for (let round = 0; round < job.rounds; round++) {
    const n = ++made
    const asked = await request('tools/call', throughGateway('ask', n))
    if (asked._meta?.['agentport/outcome'] !== 'approval_required')
      throw new Error(`Not asked: ${JSON.stringify(asked)}`)
    const requestId = String(asked._meta['agentport/request_id'])
    const awaited = { name: 'agentport__await_approval', arguments: { request_id: requestId, timeout_seconds: 30 } }
    const waiting = request('tools/call', awaited).then((result) => ({ result, at: performance.now() }))
    await Bun.sleep(BEFORE_DECISION_MS)
    const decidedAt = performance.now()
    await decide(requestId)
    times.toAnswer.push(performance.now() - decidedAt)
    const { result, at } = await waiting
    check(result, n)
    times.toResult.push(at - decidedAt)
  }
  return times
}

/** A person without a browser: the form, headers and secret that the sign-in page sends. */
async function signIn({ gateway, email, password }: Extract<Job, { do: 'approvals' }>) {
  const proof = Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString('base64url')
  const headers: Record<string, string> = { 'sec-fetch-site': 'same-origin' }
  const send = async (path: string, form: Record<string, string>) => {
    const init = { method: 'POST', headers, body: new URLSearchParams(form), redirect: 'manual' } as const
    const response = await fetch(gateway.origin + path, init)
    if (response.status !== 303) throw new Error(`${path} answered ${response.status}`)
    return response
  }
  const signedIn = await send('/sign-in', { email, password, return_to: '/', new_origin_proof: proof })
  headers.cookie = signedIn.headers.get('set-cookie')?.split(';')[0] ?? ''
  return (id: string) => send(`/approve/${id}/decision`, { decision: 'once', reason: '', origin_proof: proof })
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
