import { type ConnectionEntry, type PolicyEntry, VERSION_READ } from './configuration-file.ts'

/** One connection as it is written down, and what is to be said about it first. */
export interface PrintedConnection {
  slug: string
  entry: ConnectionEntry
  comment: string | null
}

const HEAD = `# The connections of AgentPort and what its agents may do with them, as "agentport admin export" wrote it.
# There are no secrets in it: tokens, extra headers and sign-ins stay where they are, and are entered anew elsewhere.
# "agentport admin apply FILE --dry-run" shows what differs, and "agentport admin apply FILE" makes it as it stands here.
# Tools that are not listed ask. An allow holds for the one definition whose hash stands beside it.
`

/** YAML, the same for the same content: sorted, without a date, so that what has changed is all that differs. */
export function printConfiguration(connections: readonly PrintedConnection[]): string {
  const lines =
    connections.length === 0 ? ['connections: {}'] : ['connections:', ...connections.flatMap(connectionLines)]
  return `${HEAD}version: ${VERSION_READ}\n${lines.map((line) => `${line}\n`).join('')}`
}

/** The same as JSON, which is YAML too. */
export function configurationAsJson(connections: readonly PrintedConnection[]): unknown {
  const asObject = ({ policies, ...entry }: ConnectionEntry) =>
    policies === undefined ? entry : { ...entry, policies: Object.fromEntries(policies) }
  return {
    version: VERSION_READ,
    connections: Object.fromEntries(connections.map(({ slug, entry }) => [slug, asObject(entry)])),
  }
}

function connectionLines({ slug, entry, comment }: PrintedConnection): string[] {
  const { allow_private: opened, policies, ...texts } = entry
  const lines = [
    ...Object.entries(texts).flatMap(([key, value]) => (value === undefined ? [] : [`    ${key}: ${scalar(value)}`])),
    ...(opened ? ['    allow_private:', ...opened.map((place) => `      - ${quoted(place)}`)] : []),
    ...(policies ? policyLines(policies) : []),
  ]
  const said = comment === null ? [] : [`  # ${comment}`]
  return lines.length === 0 ? [...said, `  ${scalar(slug)}: {}`] : [...said, `  ${scalar(slug)}:`, ...lines]
}

function policyLines(policies: ReadonlyMap<string, PolicyEntry>): string[] {
  if (policies.size === 0) return ['    policies: {}']
  const lines = [...policies].map(([tool, policy]) => {
    const value =
      typeof policy === 'string' ? policy : `{mode: ${policy.mode}, definition: ${quoted(policy.definition)}}`
    const key = scalar(tool)
    // YAML ends the search for the colon of a simple key here.
    return key.length > 1_000 ? `      ? ${key}\n      : ${value}` : `      ${key}: ${value}`
  })
  return ['    policies:', ...lines]
}

const PLAIN = /^[A-Za-z][A-Za-z0-9_./-]*$/
const PLAIN_URL = /^https?:\/\/[A-Za-z0-9._~:/-]*[A-Za-z0-9_~/-]$/
const MEANS_ANOTHER_THING = /^(true|false|null|yes|no|on|off|y|n)$/i

/** Without quotes only what cannot be taken for anything but itself, by any reader of YAML. */
const scalar = (text: string): string =>
  (PLAIN.test(text) && !MEANS_ANOTHER_THING.test(text)) || PLAIN_URL.test(text) ? text : quoted(text)

/** What could drive a terminal, reorder text or end a line stands in escapes. */
const quoted = (text: string): string =>
  JSON.stringify(text).replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (char) => {
    const code = char.codePointAt(0) ?? 0
    return code > 0xffff ? `\\U${code.toString(16).padStart(8, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`
  })
