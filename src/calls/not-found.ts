import type { Missing } from '../approvals/approvals.ts'
import type { Connection, ToolLookup } from '../upstreams/upstreams.ts'

const MOST_NAME_SHOWN = 256

/** A name that was asked for, whatever was sent as one. */
export const shown = (name: string): string => name.slice(0, MOST_NAME_SHOWN).toWellFormed()

function whatIsMissing({ authMethod, oauthStatus }: Connection): string {
  if (authMethod !== 'oauth') return 'not connected yet: its owner has to enter a credential'
  if (oauthStatus === 'not_signed_in') return 'not connected yet: its owner has to sign in'
  return 'not connected any more: the service does not accept the sign-in, and its owner has to sign in again'
}

/** Why there is nothing to call, in words for whoever called. */
export function notFound(
  lookup: Exclude<ToolLookup, { found: 'tool' }>,
  { slug, toolName }: { slug: string; toolName: string },
): { message: string; missing: Missing } {
  const near = (names: string[]) =>
    names.length > 0 ? ` Did you mean ${names.map((name) => JSON.stringify(name)).join(', ')}?` : ''
  switch (lookup.found) {
    case 'no_connection':
      return {
        missing: 'integration',
        message: `No integration ${JSON.stringify(shown(slug))} is installed.${near(lookup.near)}`,
      }
    case 'not_connected':
      return {
        missing: 'credential',
        message: `${lookup.connection.slug} is ${whatIsMissing(lookup.connection)}.`,
      }
    case 'no_tool':
      return {
        missing: 'tool',
        message: `${lookup.connection.slug} has no tool ${JSON.stringify(shown(toolName))}.${near(lookup.near)}`,
      }
  }
}
