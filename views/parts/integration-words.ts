import type { IntegrationSummary } from '../types.ts'

/** What has to be there before an integration can be connected. */
export const ACCESS_WORDS: Record<IntegrationSummary['access'], string | null> = {
  open: null,
  registered_app: 'You register an app of your own with the vendor first.',
  vendor_approval: 'The vendor has to approve you first.',
  admin_enablement: 'An admin of your organisation has to switch it on first.',
}

const METHOD_WORDS = { none: 'no sign-in', token: 'a token', oauth: 'OAuth' } as const

export const signsInWith = ({ methods }: Pick<IntegrationSummary, 'methods'>): string =>
  methods.map((method) => METHOD_WORDS[method]).join(' or ')
