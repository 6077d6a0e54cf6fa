import { isLooser, type Rule } from '../../policy/policy.ts'
import { nearNames } from '../../upstreams/upstreams.ts'
import type { PolicyEntry } from './configuration-file.ts'
import type { PresentConnection } from './present-connection.ts'
import type { WantedConnection } from './wanted-connection.ts'

/** One step from what is to what is wanted. */
export type Change =
  | { kind: 'add'; wanted: WantedConnection }
  | { kind: 'remove'; slug: string; connectionId: string; connected: boolean }
  | {
      kind: 'rule'
      slug: string
      /** Null where the connection is only being added. */
      connectionId: string | null
      tool: string
      before: Rule | null
      after: Rule | null
      /** The hash of its definition as it is stored; null while the tool is not known. */
      definition: string | null
    }

export interface Sides {
  wanted: readonly WantedConnection[]
  present: readonly PresentConnection[]
  /** Of connections that are not there yet, the tools that their servers listed, by slug. */
  read: ReadonlyMap<string, ReadonlyMap<string, string>>
  /** Whether what is not wanted goes. */
  prune: boolean
}

export type Refuse = (slug: string, field: string | readonly string[] | null, sentence: string) => Error

/** Whether more can happen after it than before. Pure. */
export const changeLoosens = (change: Change): boolean =>
  change.kind === 'rule'
    ? isLooser(change.after, change.before)
    : change.kind === 'add' && change.wanted.opened.length > 0

export const missing = ({ wanted, present }: Pick<Sides, 'wanted' | 'present'>): WantedConnection[] =>
  wanted.filter(({ slug }) => !present.some(({ connection }) => connection.slug === slug))

/** By connection, and of each in the order of its tools. Pure. @throws what `refuse` makes. */
export function difference({ wanted, present, read, prune }: Sides, refuse: Refuse): Change[] {
  const wantedBySlug = new Map(wanted.map((each) => [each.slug, each]))
  const presentBySlug = new Map(present.map((each) => [each.connection.slug, each]))
  const slugs = [...new Set([...wantedBySlug.keys(), ...presentBySlug.keys()])].sort()
  return slugs.flatMap((slug): Change[] => {
    const before = presentBySlug.get(slug) ?? null
    const each = wantedBySlug.get(slug)
    if (each && before) return ruleChanges(each, { before, tools: before.tools }, refuse)
    const tools = read.get(slug) ?? new Map<string, string>()
    if (each) return [{ kind: 'add', wanted: each }, ...ruleChanges(each, { before, tools }, refuse)]
    return before && prune ? [removal(before)] : []
  })
}

const removal = ({ connection: { id, slug, connected } }: PresentConnection): Change => ({
  kind: 'remove',
  slug,
  connectionId: id,
  connected,
})

/** What a file cannot change in a connection that is there: that would be another one. @throws what `refuse` makes. */
export function refuseOthers({ wanted, present }: Pick<Sides, 'wanted' | 'present'>, refuse: Refuse): void {
  for (const each of wanted) {
    const before = present.find(({ connection }) => connection.slug === each.slug)
    const field = before && differingField(each, before)
    if (field)
      throw refuse(
        each.slug,
        field,
        `There is a connection ${each.slug} with another ${field}, which nothing changes afterwards: remove that one first ("agentport admin integration remove ${each.slug}"), or use another id.`,
      )
  }
}

function differingField(wanted: WantedConnection, { connection, token, opened }: PresentConnection): string | null {
  if (wanted.integrationId !== connection.integrationId) return 'integration'
  if (wanted.url !== null && wanted.url !== connection.url) return 'url'
  if (wanted.name !== null && wanted.name !== connection.name) return 'name'
  if (wanted.signIn !== connection.authMethod) return 'sign_in'
  if (wanted.token?.header !== token?.header) return 'header'
  if (wanted.token?.format !== token?.format) return 'format'
  return Bun.deepEquals(wanted.opened, [...new Set(opened)].sort()) ? null : 'allow_private'
}

function ruleChanges(
  { slug, policies }: WantedConnection,
  { before, tools }: { before: PresentConnection | null; tools: ReadonlyMap<string, string> },
  refuse: Refuse,
): Change[] {
  if (policies === null) return []
  const rules: ReadonlyMap<string, Rule> = before?.rules ?? new Map()
  const names = [...new Set([...policies.keys(), ...rules.keys()])].sort()
  return names.flatMap((tool): Change[] => {
    const entry = policies.get(tool)
    const definition = tools.get(tool) ?? null
    if (entry === 'allow' && definition === null) throw refuse(slug, ['policies', tool], unknownTool(tool, tools))
    const was = rules.get(tool) ?? null
    const after = entry === undefined ? null : ruleOf(entry, definition)
    if (Bun.deepEquals(was, after)) return []
    return [{ kind: 'rule', slug, connectionId: before?.connection.id ?? null, tool, before: was, after, definition }]
  })
}

function ruleOf(entry: PolicyEntry, definition: string | null): Rule {
  if (typeof entry !== 'string') return { mode: entry.mode, definitionHash: entry.definition }
  return { mode: entry, definitionHash: entry === 'allow' ? definition : null }
}

/** An allow holds for a definition, so there has to be one. */
function unknownTool(tool: string, tools: ReadonlyMap<string, string>): string {
  const what = `${JSON.stringify(tool)} cannot be allowed, for`
  if (tools.size === 0)
    return `${what} its tools are not known yet: apply without this line, connect it, then apply again; or give the hash of the definition.`
  const names = nearNames(tool, [...tools.keys()])
  return `${what} there is no such tool.${names.length > 0 ? ` Did you mean ${names.join(', ')}?` : ''}`
}
