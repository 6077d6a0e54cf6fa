/**
 * What can go wrong through the caller's doing, as a closed list.
 * The message of an AppError is safe to show to whoever asked and says what to do.
 * Anything else that is thrown is our own fault: the door logs it and says only "Internal error".
 */
export const ERROR_CODES = {
  bad_request: 400,
  unauthenticated: 401,
  forbidden: 403,
  not_found: 404,
  method_not_allowed: 405,
  too_slow: 408,
  conflict: 409,
  gone: 410,
  too_large: 413,
  misdirected: 421,
  unprocessable: 422,
  too_many_requests: 429,
  bad_gateway: 502,
  unavailable: 503,
} as const

export type ErrorCode = keyof typeof ERROR_CODES

export class AppError extends Error {
  override readonly name = 'AppError'

  constructor(
    readonly code: ErrorCode,
    message: string,
    readonly details: { retryAfterMs?: number } = {},
  ) {
    super(message)
  }

  get status(): number {
    return ERROR_CODES[this.code]
  }
}

/** The message of anything thrown, for our own log only: it may hold what an upstream said. */
export const errorText = (error: unknown): string => (error instanceof Error ? error.message : String(error))
