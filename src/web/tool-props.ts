import { hidesText } from '../../views/parts/hidden-text.ts'
import { stringsIn } from '../../views/parts/strings-in.ts'
import type { ToolNewsProps } from '../../views/parts/tool-news.tsx'
import type { DefinitionChange, GoneTool, ToolChange, ToolDetail, ToolRow } from '../../views/types.ts'
import type { Approvals } from '../approvals/approvals.ts'
import { decide, type Policy, type PolicyRow, type Rule } from '../policy/policy.ts'
import {
  type Connection,
  type Difference,
  diffDefinitions,
  type ListedTool,
  type ToolDefinition,
  toolListHash,
  type Upstreams,
} from '../upstreams/upstreams.ts'

const MOST_ITEMS = 100

/** Tools as the pages show them, beside what the owner knows of them. */
interface ToolPropsRooms {
  upstreams: Upstreams
  policy: Policy
  approvals: Approvals
}

export function createToolProps({ upstreams, policy, approvals }: ToolPropsRooms) {
  /** Against the definition that was allowed, or else the one that was last seen: null when it is still that one. */
  async function change(
    userId: string,
    tool: { definition: ToolDefinition; definitionHash: string },
    rule: Rule | null,
    seenHash: string | null,
  ): Promise<ToolChange | null> {
    const since = rule?.mode === 'allow' && rule.definitionHash !== null ? 'allowed' : 'seen'
    const known = since === 'allowed' ? (rule?.definitionHash ?? null) : seenHash
    if (known === null || known === tool.definitionHash) return null
    const before = await upstreams.definition(userId, known)
    if (!before) return { since, changes: [], more: 0 }
    const { changes, more } = diffDefinitions(before.raw, tool.definition.raw)
    return { since, changes: changes.map(presentChange), more }
  }

  return {
    /** The tools there are, what is new among them, and those that are gone while the owner's word about them is remembered. */
    async list(connection: Connection): Promise<{ tools: ToolRow[]; news: ToolNewsProps['news']; gone: GoneTool[] }> {
      const { id: connectionId, userId } = connection
      const seen = await upstreams.seenTools(connectionId)
      const listed = await upstreams.tools(connectionId)
      const rules = await policy.rulesOf(connectionId)
      const ruleOf = new Map(rules.map((rule) => [rule.toolName, rule]))
      const calls = await approvals.history.lastCalls(userId, connectionId)
      const calledAt = new Map(calls.map((call) => [call.toolName, call.at]))
      const tools = listed.map(({ definition, definitionHash }, position): ToolRow => {
        const { name } = definition
        const rule = ruleOf.get(name) ?? null
        const lastCalledAt = calledAt.get(name) ?? null
        return toolRow({ definition, definitionHash, position, rule, lastCalledAt, seenHash: seen.get(name) ?? null })
      })
      const names = new Set(tools.map(({ name }) => name))
      const gone = rules
        .filter(({ toolName }) => !names.has(toolName))
        .map(({ toolName, mode }) => ({ name: toolName, mode, neverSeen: !seen.has(toolName) }))
      return { tools, news: newsOf(tools), gone }
    },

    /** What a tool's server changed in it that the owner does not know yet. */
    async changeOf({
      connection,
      definition,
      definitionHash,
    }: Omit<ListedTool, 'connection'> & { connection: Pick<Connection, 'id' | 'userId'> }) {
      const rule = await policy.findRule(connection.id, definition.name)
      const seenHash = await upstreams.seenHash(connection.id, definition.name)
      const told = await change(connection.userId, { definition, definitionHash }, rule, seenHash)
      return { change: told, isNew: seenHash === null && told === null }
    },
  }
}

interface KnownTool {
  definition: ToolDefinition
  definitionHash: string
  position: number
  rule: PolicyRow | null
  seenHash: string | null
  lastCalledAt: number | null
}

export function toolRow({ definition, rule, seenHash, ...known }: KnownTool): ToolRow {
  const { name, title, description, hints } = definition
  const { definitionHash } = known
  return {
    ...known,
    ...{ name, title, description, hints },
    ...decide(rule, { definitionHash }),
    news: seenHash === null ? 'new' : seenHash === definitionHash ? null : 'changed',
    hidesText: hides(definition),
    set: rule && lastSet(rule),
  }
}

/** What an owner said, and by which hand. */
function lastSet({ mode, setAt: at, setBy, userId }: PolicyRow): NonNullable<ToolRow['set']> {
  if (setBy === `user:${userId}`) return { mode, at, by: 'you' }
  if (setBy.startsWith('personal_token:')) return { mode, at, by: 'token' }
  return { mode, at, by: setBy === 'operator' ? 'operator' : 'other' }
}

export type ToolProps = ReturnType<typeof createToolProps>

function newsOf(tools: ToolRow[]): ToolNewsProps['news'] {
  const asking = (tool: ToolRow) => tool.source === 'definition_changed'
  const count = (news: ToolRow['news']) => tools.filter((tool) => tool.news === news && !asking(tool)).length
  const allSeen = tools.every(({ news }) => news === null)
  const list = allSeen ? null : toolListHash(tools)
  return { added: count('new'), changed: count('changed'), asking: tools.filter(asking).length, list }
}

/** Plain ASCII without escapes of control characters, as nearly every definition is, needs no closer look. */
const PLAIN_JSON = /^(?:[ -[\]-~]|\\[^u])*$/

export function hides({ raw }: ToolDefinition): boolean {
  const json = JSON.stringify(raw)
  return !PLAIN_JSON.test(json) && stringsIn(json).some(hidesText)
}

export function toolDetail(definition: ToolDefinition): ToolDetail {
  const { name, title, description, hints, inputSchema, outputSchema, raw } = definition
  const output = outputSchema === null ? null : JSON.stringify(outputSchema)
  return { name, title, description, hints, input: JSON.stringify(inputSchema), output, whole: JSON.stringify(raw) }
}

/** The words of the grammar whose values are written for people. */
const TEXTS = new Set(['title', 'description', '$comment'])

function presentChange({ part, path, before, after, items }: Difference): DefinitionChange {
  const last = path.at(-1)
  const isText =
    last?.kind === 'keyword' &&
    TEXTS.has(last.name) &&
    [before, after].every((value) => value === undefined || typeof value === 'string')
  const shown = (value: Difference['before']) =>
    value === undefined ? null : isText ? String(value) : JSON.stringify(value)
  return {
    part,
    path,
    isText,
    before: shown(before),
    after: shown(after),
    items: items && {
      added: items.added.slice(0, MOST_ITEMS).map((item) => JSON.stringify(item)),
      removed: items.removed.slice(0, MOST_ITEMS).map((item) => JSON.stringify(item)),
      more: Math.max(0, items.added.length - MOST_ITEMS) + Math.max(0, items.removed.length - MOST_ITEMS),
    },
  }
}
