/** What the owner says about a tool. */
export type ApprovalMode = 'allow' | 'require_approval' | 'deny'
export const APPROVAL_MODES = ['allow', 'require_approval', 'deny'] as const satisfies readonly ApprovalMode[]

export interface Rule {
  mode: ApprovalMode
  /** The definition the person saw when allowing. */
  definitionHash: string | null
}

export interface Decision {
  mode: ApprovalMode
  /** Which rule said so: the closed default, the owner's rule, or an allow that its tool has outgrown. */
  source: 'default' | 'policy' | 'definition_changed'
}

const STRICTNESS: Record<ApprovalMode, number> = { allow: 0, require_approval: 1, deny: 2 }

/** Whether more could happen under the mode than the rule lets happen now. Pure. */
export const loosens = (rule: Rule | null, mode: ApprovalMode, facts: { definitionHash: string }): boolean =>
  STRICTNESS[mode] < STRICTNESS[decide(rule, facts).mode]

/** Whether there is a definition for which more could happen under the one rule than under the other. Pure. */
export function isLooser(after: Rule | null, before: Rule | null): boolean {
  // Only the definition that is allowed makes a difference.
  const definitionHash = after?.definitionHash ?? before?.definitionHash ?? ''
  return loosens(before, decide(after, { definitionHash }).mode, { definitionHash })
}

/** Pure. Without a rule every tool asks; an allow holds only for the definition it was given for. */
export function decide(rule: Rule | null, facts: { definitionHash: string }): Decision {
  if (!rule) return { mode: 'require_approval', source: 'default' }
  if (rule.mode === 'allow' && rule.definitionHash !== facts.definitionHash) {
    return { mode: 'require_approval', source: 'definition_changed' }
  }
  return { mode: rule.mode, source: 'policy' }
}
