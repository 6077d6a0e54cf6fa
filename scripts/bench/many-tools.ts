// Ten services of five hundred tools each, named and described as such servers do, and what an agent asks to find one of them.

import type { Search } from './reading.ts'

export const SERVICES = [
  'atlassian',
  'calendar',
  'crm',
  'drive',
  'github',
  'mail',
  'metrics',
  'payments',
  'shop',
  'slack',
] as const
const VERBS = [
  ['create', 'Creates a new %s with the given fields and returns it.'],
  ['get', 'Returns one %s by its id, with all of its fields.'],
  ['list', 'Lists every %s that matches the filters, newest first, in pages.'],
  ['update', 'Changes fields of an existing %s; what is left out stays as it is.'],
  ['delete', 'Deletes a %s for good. This cannot be undone.'],
  ['search', 'Searches for a %s by words in its title or text and ranks the matches.'],
  ['archive', 'Archives a %s, so that it no longer shows in lists but can be restored.'],
  ['restore', 'Restores a %s that was archived before.'],
  ['assign', 'Assigns a %s to a person or a team and notifies them.'],
  ['comment_on', 'Adds a comment to a %s, in Markdown, visible to everybody who can see it.'],
  ['export', 'Exports a %s as a file in CSV or JSON and returns a link that expires.'],
  ['import', 'Imports a %s from a file that was uploaded before.'],
  ['share', 'Shares a %s with people outside the organisation, read-only or for editing.'],
  ['move', 'Moves a %s to another place and keeps its history.'],
  ['copy', 'Makes a copy of a %s under another name.'],
  ['watch', 'Subscribes to changes of a %s; they arrive as notifications.'],
  ['lock', 'Locks a %s against changes until it is unlocked again.'],
  ['approve', 'Approves a %s that waits for review.'],
  ['schedule', 'Schedules a %s for a later time, once or repeatedly.'],
  ['summarize', 'Summarizes a %s in a few sentences.'],
] as const
const NOUNS = [
  'issue',
  'pull_request',
  'message',
  'channel',
  'invoice',
  'refund',
  'customer',
  'subscription',
  'event',
  'meeting',
  'document',
  'folder',
  'spreadsheet',
  'dashboard',
  'alert',
  'deployment',
  'branch',
  'release',
  'contact',
  'lead',
  'order',
  'shipment',
  'product',
  'campaign',
  'report',
]

/** Null for any path but `/many/<service>`. */
export function toolsOf(path: string): object[] | null {
  const service = SERVICES.find((each) => path === `/many/${each}`)
  if (!service) return null
  return NOUNS.flatMap((noun) =>
    VERBS.map(([verb, description]) => ({
      name: `${service}_${verb}_${noun}`,
      title: `${verb} ${noun}`.replaceAll('_', ' '),
      description: `${description.replace('%s', noun.replace('_', ' '))} Works on the ${service} account that is connected.`,
      inputSchema: {
        type: 'object',
        properties: {
          id: { type: 'string', description: `The id of the ${noun}.` },
          fields: { type: 'object', description: 'Fields by name.', additionalProperties: true },
          limit: { type: 'integer', minimum: 1, maximum: 100, default: 20 },
        },
      },
    })),
  )
}

/** From one word that is everywhere to a whole sentence. */
export const QUERIES: Search[] = [
  { query: 'summarize', within: null, finds: 'calendar_summarize_report' },
  { query: 'refund', within: null, finds: 'calendar_approve_refund' },
  { query: 'create issue', within: null, finds: 'github_create_issue' },
  { query: 'github_create_pull_request', within: null, finds: 'github_create_pull_request' },
  { query: 'listInvoice', within: null, finds: 'payments_list_invoice' },
  { query: 'send a message to the team channel on slack', within: null, finds: 'slack_assign_channel' },
  { query: 'slack archive channel', within: null, finds: 'slack_archive_channel' },
  { query: 'delete customer for good', within: null, finds: 'crm_delete_customer' },
  { query: 'sched', within: null, finds: 'atlassian_schedule_meeting' },
  { query: 'which deployments are waiting for review in metrics', within: null, finds: 'metrics_approve_deployment' },
]
export const QUERIES_WITHIN: Search[] = [
  { query: 'refund', within: 'payments', finds: 'payments_create_refund' },
  { query: 'list open invoices', within: 'payments', finds: 'payments_list_invoice' },
  { query: 'create', within: 'github', finds: 'github_create_issue' },
  { query: 'export report', within: 'metrics', finds: 'metrics_export_report' },
]
