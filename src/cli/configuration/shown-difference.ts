import type { Catalogue } from '../../catalogue/catalogue.ts'
import type { Rule } from '../../policy/policy.ts'
import { type Change, changeLoosens } from './difference.ts'
import { withoutSecret } from './secret-in-url.ts'
import type { WantedConnection } from './wanted-connection.ts'

/** A line for each change. */
export function shownDifference(changes: readonly Change[], catalogue: Catalogue): string[] {
  if (changes.length === 0) return ['Nothing to change.']
  return changes.map((change) => `${inWords(change, catalogue)}${changeLoosens(change) ? '  (loosens)' : ''}`)
}

/** The same for machines. */
export function differenceAsJson(changes: readonly Change[], catalogue: Catalogue): unknown[] {
  return changes.map((change) => {
    const loosens = changeLoosens(change)
    if (change.kind === 'remove') return { change: 'remove', what: 'connection', connection: change.slug, loosens }
    if (change.kind === 'add') {
      const { slug, integrationId, signIn, opened } = change.wanted
      const facts = { integration: integrationId, url: urlOf(change.wanted, catalogue), sign_in: signIn, opens: opened }
      return { change: 'add', what: 'connection', connection: slug, ...facts, loosens }
    }
    const { slug, tool, before, after } = change
    const verb = SIGNS[signOf(change)]
    const modes = { from: before?.mode ?? null, to: after?.mode ?? null, definition: after?.definitionHash ?? null }
    return { change: verb, what: 'policy', connection: slug, tool, ...modes, loosens }
  })
}

function inWords(change: Change, catalogue: Catalogue): string {
  if (change.kind === 'remove')
    return `- connection ${change.slug} (${change.connected ? 'its credential and policies are' : 'its policies are'} forgotten)`
  if (change.kind === 'add') {
    const { slug, signIn, opened } = change.wanted
    const more = [
      ...(signIn === 'none' ? [] : [`sign-in: ${signIn}`]),
      ...(opened.length === 0 ? [] : [`opens ${opened.join(', ')}`]),
    ]
    return `+ connection ${slug}  ${urlOf(change.wanted, catalogue)}${more.length > 0 ? `  ${more.join(', ')}` : ''}`
  }
  const { slug, tool, before, after, definition } = change
  const steps = [before, after].flatMap((rule) => (rule ? [ruleInWords(rule, definition)] : []))
  return `${signOf(change)} policy ${slug} ${named(tool)}: ${steps.join(' → ')}${after ? '' : ' → asks again'}`
}

/** A name that is no plain word must not read like part of the sentence. */
const named = (tool: string): string => (/^[\w./-]+$/.test(tool) ? tool : JSON.stringify(tool))

const SIGNS = { '+': 'add', '-': 'remove', '~': 'change' } as const

const signOf = ({ before, after }: { before: Rule | null; after: Rule | null }): keyof typeof SIGNS =>
  before === null ? '+' : after === null ? '-' : '~'

/** An allow says little without what it is for. */
function ruleInWords({ mode, definitionHash }: Rule, definition: string | null): string {
  if (mode !== 'allow' || definitionHash === definition) return mode
  return definition === null
    ? 'allow, once its definition is found to be the same'
    : 'allow, for another definition than it has'
}

const urlOf = ({ url, integrationId }: WantedConnection, catalogue: Catalogue): string =>
  withoutSecret(url ?? catalogue.find(integrationId)?.url ?? '')
