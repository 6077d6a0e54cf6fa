import { chooseSignIn, type Integration, type SignInMethod, tokenAuth } from '../../catalogue/catalogue.ts'
import type { TokenPlace } from '../../upstreams/upstreams.ts'

/** Of a server that is in no catalogue. */
export const CUSTOM = 'custom'

/** What holds for a connection where its entry says nothing; export leaves out the very same. */
export interface UsualSettings {
  name: string
  /** Null where there is nothing usual about it. */
  url: string | null
  signIn: SignInMethod
}

export const usualSettings = (slug: string, integration: Integration | null): UsualSettings => ({
  name: integration?.name ?? slug,
  url: integration ? new URL(integration.url).href : null,
  signIn: (integration && chooseSignIn(integration)?.method) ?? 'none',
})

/** Where a token usually goes, once it is said in which header. */
export function usualPlace(integration: Integration | null, header: string | undefined): TokenPlace {
  const auth = integration && tokenAuth(integration)
  const usual = auth
    ? { header: auth.header, format: auth.format }
    : { header: 'Authorization', format: 'Bearer {token}' }
  // A header of its own usually carries the bare token.
  return header === undefined || header === usual.header ? usual : { header, format: '{token}' }
}
