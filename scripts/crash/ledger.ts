import type { ApprovalLimits, RequestRow } from '../../src/approvals/approvals.ts'
import type { ApprovalMode } from '../../src/policy/policy.ts'
import type { Policies } from './policies.ts'
import type { Answer, Told } from './raw-agent.ts'

export type DecisionMode = 'once' | 'always' | 'deny'

/** What the outside knows of one call, by the token in its arguments. */
export interface Entry {
  token: string
  /** Which agent asked. */
  owner: number
  tool: string
  /** Calls that were sent, answered or not. */
  asked: number
  /** Runs at the far end. */
  runs: number
  told: Told[]
  /** The step of the tool's policy when it was first asked. */
  policyStep: number
}

interface Decision {
  entry: Entry
  /** Sent, answered or not: one whose answer was lost may stand, and the next then changes nothing. */
  attempted: Set<DecisionMode>
  acknowledged: boolean
}

/** Enough of an answer to tell what it says. */
const MOST_TEXT = 200
/** Words that are the last of a request: nothing may come after them. */
const LAST_WORDS = new Set(['executed', 'denied', 'expired', 'unknown', 'failed'])
const REFUSALS = new Set(['blocked', 'limited'])

/** Whether a call that was first asked under this policy, which has held since, can be told so. */
function fits(policy: ApprovalMode, word: string): boolean {
  if (policy === 'deny') return word === 'blocked'
  return word !== 'blocked' && !(policy === 'allow' && word === 'approval_required')
}

/** Everything that was said and done, to be held against what is stored in the end. */
export class Ledger {
  readonly entries = new Map<string, Entry>()
  readonly requests = new Map<string, Decision>()
  /** What was seen to be wrong at once. */
  readonly broken: string[] = []
  refusals = 0
  slowestAnswerMs = 0
  /** How many answers each agent has got. */
  readonly answers = new Map<number, number>()

  constructor(readonly policies: Policies) {}

  open(owner: number, tool: string): Entry {
    const token = `t${this.entries.size}`
    const entry = { token, owner, tool, asked: 0, runs: 0, told: [], policyStep: this.policies.steps(tool) }
    this.entries.set(token, entry)
    return entry
  }

  /** The far end was reached. */
  ran(token: string): void {
    const entry = this.entries.get(token)
    if (!entry) {
      this.broken.push(`The far end was called with ${JSON.stringify(token)}, which nobody asked for`)
      return
    }
    entry.runs += 1
    const policy = this.policies.heldSince(entry.tool, entry.policyStep)
    if (policy === 'deny') this.#say(entry, 'ran, although the tool was denied all the time')
    const yes = this.#decisionsOn(entry).some(({ attempted }) => attempted.has('once') || attempted.has('always'))
    if (policy === 'require_approval' && !yes) this.#say(entry, 'ran without anybody’s yes')
  }

  answered(entry: Entry, answer: Answer, tookMs: number): void {
    this.slowestAnswerMs = Math.max(this.slowestAnswerMs, tookMs)
    if (answer === null) return
    this.answers.set(entry.owner, (this.answers.get(entry.owner) ?? 0) + 1)
    if ('refused' in answer) {
      this.refusals += 1
      const { status, text } = answer.refused
      if (status === 401 || status === 403) this.#say(entry, `the agent’s key was refused: ${text}`)
      if (/sqlite|database|disk|\bselect\b|\binsert\b|\bupdate\b/i.test(text))
        this.#say(entry, `told of our insides: ${text}`)
      return
    }
    const { told } = answer
    entry.told.push({ ...told, text: told.text.slice(0, MOST_TEXT) })
    if (told.requestId && !this.requests.has(told.requestId) && !REFUSALS.has(told.word))
      this.requests.set(told.requestId, { entry, attempted: new Set(), acknowledged: false })
    const policy = this.policies.heldSince(entry.tool, entry.policyStep)
    if (policy !== null && !fits(policy, told.word))
      this.#say(entry, `${told.word} was told under ${policy}, set before it was asked`)
  }

  /** Requests that nobody has been heard to decide. */
  undecided(): string[] {
    return [...this.requests].filter(([, { acknowledged }]) => !acknowledged).map(([id]) => id)
  }

  requestsOf(owner: number): { id: string; entry: Entry }[] {
    return [...this.requests].filter(([, { entry }]) => entry.owner === owner).map(([id, { entry }]) => ({ id, entry }))
  }

  decision(id: string): Decision {
    const decision = this.requests.get(id)
    if (!decision) throw new Error(`No agent was told of request ${id}`)
    return decision
  }

  #decisionsOn(entry: Entry): Decision[] {
    return [...this.requests.values()].filter((decision) => decision.entry === entry)
  }

  #say(entry: Entry, what: string): void {
    this.broken.push(`${entry.token}: ${what} (${JSON.stringify(entry)})`)
  }

  /** Every promise that does not hold, in words. @param rows every request there is. */
  violations(rows: readonly RequestRow[], limits: ApprovalLimits): string[] {
    const byId = new Map(rows.map((row) => [row.id, row]))
    const byToken = Map.groupBy(rows, (row) => (JSON.parse(row.arguments ?? '{}') as { token?: string }).token ?? '')
    for (const token of byToken.keys())
      if (!this.entries.has(token))
        this.broken.push(`There is a request for ${JSON.stringify(token)}, which nobody asked for`)
    for (const entry of this.entries.values()) {
      this.#checkRuns(entry, byToken.get(entry.token) ?? [])
      for (const told of entry.told) this.#checkTold(entry, told, byId.get(told.requestId))
    }
    for (const [id, decision] of this.requests) {
      const row = byId.get(id)
      if (row) this.#checkDecision(row, decision)
    }
    for (const row of rows) this.#checkTimes(row, limits)
    return this.broken
  }

  #checkRuns(entry: Entry, rows: readonly RequestRow[]): void {
    const inState = (state: RequestRow['state']) => rows.filter((row) => row.state === state).length
    const least = inState('executed')
    const most = least + inState('unknown')
    if (entry.runs < least) this.#say(entry, `is stored as executed ${least} times and ran ${entry.runs} times`)
    if (entry.runs > most) this.#say(entry, `ran ${entry.runs} times, and by what is stored ${most} at most`)
    if (inState('executing') > 0) this.#say(entry, 'is still executing')
    if (rows.length > entry.asked) this.#say(entry, `was asked ${entry.asked} times and is stored ${rows.length} times`)
  }

  #checkTold(entry: Entry, { word, requestId, text }: Told, row: RequestRow | undefined): void {
    const say = (what: string) => this.#say(entry, `${word} was told of ${requestId}: ${what}`)
    if (!row) say('it is gone')
    else if (LAST_WORDS.has(word)) {
      // A look at the tool that failed leaves the approval as it is, and says so.
      const mayStill = word === 'failed' && text.includes('The approval still holds')
      if (row.state !== word && !mayStill) say(`it is ${row.state}`)
      if (word === 'executed' && text !== entry.token) say(`with the result of another call: ${text}`)
    } else if (REFUSALS.has(word)) {
      if (row.state !== 'refused' || row.outcome !== word) say(`it is ${row.state} ${row.outcome}`)
    } else if (word !== 'approval_required' && word !== 'pending') say('that can not be')
    else if (row.state === 'refused') say('it was refused')
  }

  #checkDecision(row: RequestRow, { entry, attempted, acknowledged }: Decision): void {
    const say = (what: string) => this.#say(entry, `request ${row.id} ${what}`)
    const byPerson = row.decisionMode === 'once' || row.decisionMode === 'always' || row.decisionMode === 'deny'
    if (byPerson && !attempted.has(row.decisionMode as DecisionMode))
      say(`was decided ${row.decisionMode}, which nobody has said`)
    if (row.decisionMode === 'deny' && row.state !== 'denied') say(`was denied and is ${row.state}`)
    if (acknowledged && row.state === 'pending') say('was decided, which was acknowledged, and is pending')
    if (acknowledged && row.state !== 'expired' && row.decisionMode === null)
      say('was decided, and nothing of it is kept')
  }

  /** A person's yes and its use are in time, by the gateway's own clock, wherever that was set. */
  #checkTimes({ id, askedAt, decidedAt, decisionMode, claimedAt }: RequestRow, limits: ApprovalLimits): void {
    if (decidedAt === null || decisionMode === 'policy') return
    const late = (from: number, to: number, most: number) => to - from >= most
    if (late(askedAt, decidedAt, limits.pendingMs)) this.broken.push(`Request ${id} was decided after its time`)
    if (claimedAt !== null && late(decidedAt, claimedAt, limits.approvedMs))
      this.broken.push(`Request ${id} was approved, and run after its time`)
  }
}
