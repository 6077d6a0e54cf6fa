// Agents that ask and a person who decides, from the question to the result.

import { askFor, awaiting, check, type Gateway, type Generation, gatewaySession, openGeneration } from './lanes.ts'
import { type Account, signIn } from './person.ts'

export interface ApprovalTimes {
  /** From sending the decision to the agent having the result, and to the page having its answer; milliseconds. */
  toResult: number[]
  toAnswer: number[]
}
export interface Cycles {
  cycles: number
  ms: number
}

/** Long enough that the agent's wait has certainly begun when the person decides. */
const BEFORE_DECISION_MS = 20
const LONGEST_WAIT_S = 30

/** No number twice, or an agent would be told of an earlier request. */
let asked = 0

export async function approvals(job: { gateway: Gateway; account: Account; rounds: number }): Promise<ApprovalTimes> {
  const person = await signIn(job.account)
  const request = await gatewaySession(job.gateway)
  const times: ApprovalTimes = { toResult: [], toAnswer: [] }
  for (let round = 0; round < job.rounds; round++) {
    const n = ++asked
    const id = await askFor(request, n)
    const waiting = request('tools/call', awaiting(id, LONGEST_WAIT_S)).then((result) => ({
      result,
      at: performance.now(),
    }))
    await Bun.sleep(BEFORE_DECISION_MS)
    const decidedAt = performance.now()
    await person.decide(id, 'once')
    times.toAnswer.push(performance.now() - decidedAt)
    const { result, at } = await waiting
    check(result, n)
    times.toResult.push(at - decidedAt)
  }
  return times
}

export async function cycles(job: {
  generation: Generation
  gateway: Gateway
  account: Account
  agents: number
  ms: number
}): Promise<Cycles> {
  const person = await signIn(job.account)
  let done = 0
  const began = performance.now()
  async function agent() {
    const request = await openGeneration(job.generation, job.gateway)
    while (performance.now() - began < job.ms) {
      const n = ++asked
      const id = await askFor(request, n)
      const waiting = request('tools/call', awaiting(id, LONGEST_WAIT_S))
      await person.decide(id, 'once')
      check(await waiting, n)
      done++
    }
  }
  await Promise.all(Array.from({ length: job.agents }, agent))
  return { cycles: done, ms: performance.now() - began }
}
