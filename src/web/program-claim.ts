import type { ProgramClaim } from '../../views/types.ts'
import type { OAuthClient } from '../identity/identity.ts'

/** A document vouches for the name as far as one trusts its host; a registration is the program's own word alone. */
export const programClaim = ({ id, name, source }: OAuthClient): ProgramClaim => ({
  name,
  publisher: source === 'document' ? new URL(id).host : null,
})
