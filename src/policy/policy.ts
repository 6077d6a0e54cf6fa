/**
 * Owns the owner's rules: which tool of which connection is allowed, asks, or is denied.
 * Promises that the decision is a pure function of those rules, and that whoever depends on a rule hears of a change inside its transaction.
 * Deliberately does not know what a call is, or run anything.
 */
import type { Actor, Audit } from '../audit/audit.ts'
import { AppError } from '../lib/errors.ts'
import { failPoint } from '../lib/fail-point.ts'
import type { Store, Tx } from '../store/store.ts'
import { type ApprovalMode, type Decision, decide, loosens, type Rule } from './decide.ts'
import { deleteRule, deleteRules, findRuleQuery, type PolicyRow, rulesOf, rulesOfUser, upsertRule } from './queries.ts'

export { APPROVAL_MODES, type ApprovalMode, type Decision, decide, isLooser, type Rule } from './decide.ts'
export type { PolicyRow } from './queries.ts'

export interface ToolFacts {
  userId: string
  connectionId: string
  toolName: string
  definitionHash: string
}

export interface SetPolicy extends ToolFacts {
  mode: ApprovalMode
  actor: Actor
}

interface OneTool {
  userId: string
  connectionId: string
  toolName: string
  actor: Actor
}

export interface Policy {
  decide(facts: ToolFacts): Decision
  set(change: SetPolicy): Promise<void>
  /**
   * All that hold, or none: one transaction. What `holds` says no to is left as it is.
   * @returns those that were set.
   */
  setMany(changes: readonly SetPolicy[], holds: (change: SetPolicy) => boolean): Promise<SetPolicy[]>
  /** The same for whoever may only take away: refused where it would let more happen. @throws AppError forbidden */
  tighten(change: SetPolicy & { mode: Exclude<ApprovalMode, 'allow'> }): Promise<void>
  /** As part of a larger act. */
  setWithin(tx: Tx, change: SetPolicy): void
  /** Forgets all rules of a connection, so that a reinstall starts closed. */
  forget(tx: Tx, connection: { id: string; userId: string }, actor: Actor): void
  /** Forgets the rule of one tool: it asks again, whatever it becomes. */
  forgetTool(tool: OneTool): Promise<void>
  /** As part of a larger act. */
  forgetToolWithin(tx: Tx, tool: OneTool): void
  findRule(connectionId: string, toolName: string): Promise<Rule | null>
  rulesOf(connectionId: string): Promise<PolicyRow[]>
  rulesOfUser(userId: string): Promise<PolicyRow[]>
  rulesWithin(tx: Tx, connectionId: string): PolicyRow[]
  /** `act` runs inside the transaction that sets a rule. */
  onSet(act: (tx: Tx, change: SetPolicy) => void): void
}

export function createPolicy({ store, audit }: { store: Store; audit: Audit }): Policy {
  const findRule = findRuleQuery(store)
  const listeners: ((tx: Tx, change: SetPolicy) => void)[] = []
  function setWithin(tx: Tx, change: SetPolicy): void {
    const { userId, connectionId, toolName, mode, actor } = change
    const definitionHash = mode === 'allow' ? change.definitionHash : null
    upsertRule(tx, { userId, connectionId, toolName, mode, definitionHash, setAt: tx.now, setBy: actor })
    audit.append(tx, {
      name: 'policy.set',
      userId,
      actor,
      subject: connectionId,
      details: { tool: toolName, mode, definition: definitionHash },
    })
    for (const act of listeners) act(tx, change)
  }

  function forgetToolWithin(tx: Tx, { userId, connectionId, toolName, actor }: OneTool): void {
    const rules = deleteRule(tx, connectionId, toolName)
    const details = { rules, tool: toolName }
    if (rules > 0) audit.append(tx, { name: 'policy.forgotten', userId, actor, subject: connectionId, details })
  }

  return {
    decide(facts) {
      const rule: Rule | null = findRule(facts.connectionId, facts.toolName) ?? null
      return decide(rule, facts)
    },
    async set(change) {
      store.transaction((tx) => setWithin(tx, change))
      failPoint('policy set')
    },
    async setMany(changes, holds) {
      const set = store.transaction((tx) => {
        const held = changes.filter(holds)
        for (const change of held) setWithin(tx, change)
        return held
      })
      failPoint('policy set')
      return set
    },
    async tighten(change) {
      store.transaction((tx) => {
        const rule = findRule(change.connectionId, change.toolName) ?? null
        if (loosens(rule, change.mode, change))
          throw new AppError('forbidden', 'That would let more happen than now. Only a person does that, on the page.')
        if (decide(rule, change).mode !== change.mode) setWithin(tx, change)
      })
    },
    setWithin,
    forget(tx, { id, userId }, actor) {
      const rules = deleteRules(tx, id)
      if (rules > 0) audit.append(tx, { name: 'policy.forgotten', userId, actor, subject: id, details: { rules } })
    },
    async forgetTool(tool) {
      store.transaction((tx) => forgetToolWithin(tx, tool))
    },
    forgetToolWithin,
    async findRule(connectionId, toolName) {
      return findRule(connectionId, toolName) ?? null
    },
    async rulesOf(connectionId) {
      return rulesOf(store.db, connectionId)
    },
    async rulesOfUser(userId) {
      return rulesOfUser(store.db, userId)
    },
    rulesWithin: (tx, connectionId) => rulesOf(tx.db, connectionId),
    onSet(act) {
      listeners.push(act)
    },
  }
}
