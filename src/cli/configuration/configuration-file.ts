import { z } from 'zod'
import type { CommandError } from '../output.ts'
import { type Path, readYaml } from './yaml-values.ts'

export const VERSION_READ = 1

/** Set apart by what it says: zod's own words know nothing of what to do. */
const text = (what: string) =>
  z.string({ error: `${what} is text; put it into quotes if it looks like a number or a truth value.` })

const PolicyEntry = z.union(
  [
    z.enum(['deny', 'require_approval', 'allow']),
    z.strictObject({ mode: z.literal('allow'), definition: z.string().regex(/^[0-9a-f]{64}$/) }),
  ],
  {
    error:
      'A policy is deny, require_approval or allow; or {mode: allow, definition: "…"} with the hash of the definition that is allowed, as export writes it.',
  },
)

const ConnectionEntry = z.strictObject(
  {
    integration: text('integration').optional(),
    url: text('url').optional(),
    name: text('name').min(1, 'name has 1 to 80 characters.').max(80, 'name has 1 to 80 characters.').optional(),
    sign_in: z.enum(['none', 'token', 'oauth'], { error: 'sign_in is none, token or oauth.' }).optional(),
    header: text('header').optional(),
    format: text('format').optional(),
    allow_private: z
      .array(text('Each place in allow_private'), {
        error: 'allow_private is a list, for example ["127.0.0.1:3001"].',
      })
      .optional(),
    policies: z
      .map(z.string(), PolicyEntry, {
        error: 'policies is a map from tools to what holds for them; {} if every tool is to ask.',
      })
      .optional(),
  },
  { error: keysOr('A connection is a map: {integration: ID}, or {url: URL} for a server of your own.') },
)

const ConfigurationShape = z.strictObject(
  {
    version: z.literal(VERSION_READ, {
      error: ({ input }) =>
        input === undefined
          ? `Say first which version of this format it is: version: ${VERSION_READ}.`
          : `This program reads "version: ${VERSION_READ}" of this format; for another one take the program that wrote it.`,
    }),
    connections: z.map(z.string(), ConnectionEntry, {
      error: 'connections is a map from the ids of connections to what they are; {} if there are to be none.',
    }),
  },
  { error: keysOr('A configuration is a map with version and connections.') },
)

/** What one connection is to be, as it is written; whatever is left out is as usual. */
export type ConnectionEntry = z.infer<typeof ConnectionEntry>
export type PolicyEntry = z.infer<typeof PolicyEntry>

export interface Configuration {
  /** By slug. */
  connections: Map<string, ConnectionEntry>
  /** A refusal that names the file, and the place in it. */
  refusal(path: Path, sentence: string): CommandError
}

/** Names of tools and of connections are somebody's choice; all other keys are ours. */
const isOpen = (path: Path): boolean => path.length === 1 || (path.length === 3 && path[2] === 'policies')

/** @param name what the text is called in refusals. @throws CommandError */
export function readConfiguration(source: string, name: string): Configuration {
  const { value, refusal } = readYaml(source, name, isOpen)
  const read = ConfigurationShape.safeParse(value)
  if (read.success) return { connections: read.data.connections, refusal }
  const { issues } = read.error
  // Of another version everything else may be wrong; and what is missing may only be misspelt.
  const issue =
    issues.find(({ path }) => path[0] === 'version') ??
    issues.find(({ code }) => code === 'unrecognized_keys') ??
    issues[0]
  const unknown = issue?.code === 'unrecognized_keys' ? (issue.keys[0] ?? '') : null
  const path = [...(issue?.path ?? []), ...(unknown === null ? [] : [unknown])].map((step) =>
    typeof step === 'symbol' ? String(step) : step,
  )
  if (unknown === null) throw refusal(path, issue?.message ?? 'This cannot be read.')
  throw refusal(path, `There is no ${JSON.stringify(unknown)} here; what can stand here is ${known(path)}.`)
}

function known(path: Path): string {
  const { shape } = path.length === 1 ? ConfigurationShape : ConnectionEntry
  return Object.keys(shape).join(', ')
}

function keysOr(sentence: string): z.core.$ZodErrorMap {
  return ({ code }) => (code === 'unrecognized_keys' ? undefined : sentence)
}
