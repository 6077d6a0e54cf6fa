import type { ApprovalMode, PolicyCounts, ToolGroup, ToolHints } from '../types.ts'

/** In the order they are shown. */
export const TOOL_GROUPS = ['reads', 'changes', 'destroys', 'unsaid'] as const satisfies readonly ToolGroup[]

/** What a group is called, alone and of "all …", and what its server said that put a tool there. */
export const GROUP_WORDS: Record<ToolGroup, { name: string; of: string; says: string }> = {
  reads: { name: 'Only read', of: 'that only read', says: 'The server says that these change nothing.' },
  changes: {
    name: 'Change things',
    of: 'that change things',
    says: 'The server says that these change things, but destroy nothing.',
  },
  destroys: {
    name: 'May destroy',
    of: 'that may destroy',
    says: 'The server says that these destroy, or that they change things without saying that nothing is lost.',
  },
  unsaid: {
    name: 'Unsaid',
    of: 'of which nothing is said',
    says: 'The server does not say what these do: expect anything.',
  },
}

/**
 * What a server claims about its tool, read as MCP means it, and where that leaves room, as the worse: of a tool that changes things it has
 * to be said that it does not destroy, and one that reads and destroys destroys. Silence is no claim, whatever the default is.
 */
export function groupOf({ readOnly, destructive }: ToolHints): ToolGroup {
  if (destructive === true) return 'destroys'
  if (readOnly === true) return 'reads'
  if (destructive === false) return 'changes'
  return readOnly === false ? 'destroys' : 'unsaid'
}

export function countPolicies(tools: readonly { mode: ApprovalMode }[]): PolicyCounts {
  const counts: PolicyCounts = { allow: 0, require_approval: 0, deny: 0 }
  for (const { mode } of tools) counts[mode]++
  return counts
}

export const totalOf = (counts: PolicyCounts): number => counts.allow + counts.require_approval + counts.deny
export const toolsInWords = (count: number): string => (count === 1 ? '1 tool' : `${count} tools`)
