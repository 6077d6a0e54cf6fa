// Many agents that wait at once, each on a request of its own and over a connection of its own.

import {
  askFor,
  awaiting,
  beginSession,
  type Gateway,
  type Generation,
  modernMessages,
  modernRequests,
  type Request,
} from './lanes.ts'
import { type Account, signIn } from './person.ts'
import { sendAlone } from './sockets.ts'

/** What one key may have waiting. */
const REQUESTS_PER_KEY = 50
const ASKING_AT_ONCE = 16
const CONNECTING_AT_ONCE = 100
const LONGEST_WAIT_S = 240

export interface Wakening {
  /** From sending the decision until the last of all agents has its answer, and until the page has its own; milliseconds. */
  toLast: number
  toPage: number
  /** Until each agent has its answer. */
  toEach: number[]
}

interface Waiter {
  key: string
  requestId: string
}

let account: Account
let mcp: string
let waiters: Waiter[] = []
let answers: Awaited<ReturnType<typeof begin>>[] = []

/** Every agent asks for something of its own; the requests stay when the gateway is started anew. */
export async function ask(job: { gateway: Gateway; account: Account; agents: number }): Promise<void> {
  account = job.account
  mcp = `${job.gateway.origin}/mcp`
  const { agents } = job
  const person = await signIn(account)
  await person.setPolicy('ask', 'require_approval')
  waiters = []
  answers = []
  const keys: { key: string; request: Request }[] = []
  for (let i = 0; i < agents / REQUESTS_PER_KEY; i++) {
    const key = await person.newKey(`agent ${i}`)
    keys.push({ key, request: modernRequests({ origin: job.gateway.origin, key }) })
  }
  await eachOf(agents, ASKING_AT_ONCE, async (i) => {
    const { key, request } = keys[Math.floor(i / REQUESTS_PER_KEY)] as (typeof keys)[number]
    waiters.push({ key, requestId: await askFor(request, i) })
  })
}

/** Waits that run out, so that what is measured later is agents and not the first use of everything. */
export async function warmUp(generation: Generation, count: number): Promise<void> {
  await eachOf(count, CONNECTING_AT_ONCE, async (i) => {
    const waiting = await begin(waiters[i % waiters.length] as Waiter, generation, 1)
    const { text } = await waiting.ended
    if (!text.includes('"agentport/outcome":"pending"')) throw new Error(`Not a wait that ran out: ${text}`)
  })
}

/** Resolves once all of them wait. */
export async function wait(generation: Generation): Promise<void> {
  await eachOf(waiters.length, CONNECTING_AT_ONCE, async (i) => {
    answers.push(await begin(waiters[i] as Waiter, generation, LONGEST_WAIT_S))
  })
  // The stream of a wait begins at once. Should one be refused instead, the end of it tells.
  await Promise.all(answers.map(({ began }) => began))
}

/** One act of a person, who has a page open, ends all waits: the tool that everybody asked for is set to deny. */
export async function wake(): Promise<Wakening> {
  const person = await signIn(account)
  const close = await person.watch()
  const decidedAt = performance.now()
  const page = person.setPolicy('ask', 'deny').then(() => performance.now() - decidedAt)
  const ended = await Promise.all(answers.map((each) => each.ended))
  for (const { at, text } of ended) {
    if (at < decidedAt || !text.includes('"agentport/outcome":"expired"'))
      throw new Error(`Not woken by the decision: ${text}`)
  }
  close()
  const toEach = ended.map(({ at }) => at - decidedAt)
  return { toLast: Math.max(...toEach), toPage: await page, toEach }
}

async function begin({ key, requestId }: Waiter, generation: Generation, seconds: number) {
  if (generation === 'modern')
    return sendAlone('POST', mcp, modernMessages(key)('tools/call', awaiting(requestId, seconds)))
  // As the official clients of that generation do: a session, and in it a stream for what the server has to say of its own accord.
  const write = await beginSession(mcp, { 'x-api-key': key })
  const message = write('tools/call', awaiting(requestId, seconds))
  const stream = await sendAlone('GET', mcp, { headers: message.headers, body: '' })
  await stream.began
  const waiting = await sendAlone('POST', mcp, message)
  void waiting.ended.finally(stream.leave).catch(() => {})
  return waiting
}

async function eachOf(count: number, atOnce: number, act: (i: number) => Promise<void>): Promise<void> {
  let next = 0
  const worker = async () => {
    while (next < count) await act(next++)
  }
  await Promise.all(Array.from({ length: Math.min(atOnce, count) }, worker))
}
