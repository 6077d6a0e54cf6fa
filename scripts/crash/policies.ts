import type { ApprovalMode } from '../../src/policy/policy.ts'

/** What the outside knows of one tool's policy: a change whose answer was lost may stand, so there may be several that it can be. */
class ToolPolicy {
  possible: Set<ApprovalMode>
  /** Counts every try and every acknowledgement. */
  steps = 0

  constructor(acknowledged: ApprovalMode) {
    this.possible = new Set([acknowledged])
  }
}

/** Policies as they were set from outside, one change at a time, so that their order is known. */
export class Policies {
  readonly #tools: Map<string, ToolPolicy>
  #changing = false

  constructor(atFirst: { [tool: string]: ApprovalMode }) {
    this.#tools = new Map(Object.entries(atFirst).map(([tool, mode]) => [tool, new ToolPolicy(mode)]))
  }

  #tool(name: string): ToolPolicy {
    const tool = this.#tools.get(name)
    if (!tool) throw new Error(`Nobody has set a policy for ${name}`)
    return tool
  }

  get tools(): string[] {
    return [...this.#tools.keys()]
  }

  /** Whether a change may be tried now. */
  get free(): boolean {
    return !this.#changing
  }

  /** @param change resolves with whether it was acknowledged. */
  async change(toolName: string, mode: ApprovalMode, change: () => Promise<boolean>): Promise<void> {
    if (this.#changing) throw new Error('Two changes of policy at once')
    this.#changing = true
    const tool = this.#tool(toolName)
    tool.possible.add(mode)
    tool.steps += 1
    try {
      if (await change()) {
        tool.possible = new Set([mode])
        tool.steps += 1
      }
    } finally {
      this.#changing = false
    }
  }

  steps(toolName: string): number {
    return this.#tool(toolName).steps
  }

  /** What has held without a try to change it since that step; null when that is not certain. */
  heldSince(toolName: string, step: number): ApprovalMode | null {
    const { steps, possible } = this.#tool(toolName)
    return steps === step && possible.size === 1 ? ([...possible][0] ?? null) : null
  }

  /** What it is for certain; null when a change may stand or not. */
  certain(toolName: string): ApprovalMode | null {
    return this.heldSince(toolName, this.steps(toolName))
  }

  canBe(toolName: string, mode: ApprovalMode): boolean {
    return this.#tool(toolName).possible.has(mode)
  }
}
