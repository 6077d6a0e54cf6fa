/** Errors as RFC 6749 §4.1.2.1 and §5.2, RFC 7591 §3.2.2, RFC 8707 §2 and RFC 9101 §7 name them. */
export type OAuthErrorCode =
  | 'invalid_request'
  | 'invalid_client'
  | 'invalid_grant'
  | 'invalid_target'
  | 'invalid_redirect_uri'
  | 'invalid_client_metadata'
  | 'unsupported_grant_type'
  | 'unsupported_response_type'
  | 'request_not_supported'
  | 'request_uri_not_supported'
  | 'access_denied'
  | 'temporarily_unavailable'

const MOST_DESCRIPTION = 500

/** The program asked for something it cannot have. The description is safe to send and to show, and says what to do. */
export class OAuthError extends Error {
  readonly description: string

  constructor(
    readonly code: OAuthErrorCode,
    description: string,
    readonly retryAfterS: number | null = null,
  ) {
    const plain = plainAscii(description.slice(0, MOST_DESCRIPTION))
    super(`${code}: ${plain}`)
    this.description = plain
  }
}

/** All that RFC 6749 §5.2 lets a description hold. It may repeat what a program sent, which must not pose as our words. */
const plainAscii = (text: string): string => text.replace(/["\\]/g, "'").replace(/[^\x20-\x7e]/g, ' ')
