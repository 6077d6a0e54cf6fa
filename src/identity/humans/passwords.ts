import { AppError } from '../../lib/errors.ts'

/** NIST SP 800-63B: a length floor, no composition rules. The ceiling keeps hashing time bounded. */
const MIN_LENGTH = 8
const MAX_LENGTH = 256

/** OWASP's argon2id parameters: 19 MiB, two passes. */
const ARGON2ID = { algorithm: 'argon2id', memoryCost: 19_456, timeCost: 2 } as const

/** Hashing is slow by design; more at once than this would let strangers fill the memory. */
const AT_ONCE = 2
const MAX_WAITING = 32

/** @throws AppError bad_request when it is too short or too long. */
export async function hashPassword(password: string): Promise<string> {
  if (password.length < MIN_LENGTH)
    throw new AppError('bad_request', `The password needs at least ${MIN_LENGTH} characters.`)
  if (password.length > MAX_LENGTH)
    throw new AppError('bad_request', `The password may have at most ${MAX_LENGTH} characters.`)
  return inTurn(() => Bun.password.hash(password.normalize('NFC'), ARGON2ID))
}

/** Takes as long for an account that does not exist as for one that does. */
export async function passwordMatches(password: string, hash: string | null): Promise<boolean> {
  if (password.length === 0 || password.length > MAX_LENGTH) return false
  const matches = await inTurn(async () => Bun.password.verify(password.normalize('NFC'), hash ?? (await decoyHash())))
  return hash !== null && matches
}

let decoy: Promise<string> | null = null
function decoyHash(): Promise<string> {
  decoy ??= Bun.password.hash('no account has this password', ARGON2ID)
  return decoy
}

let running = 0
const waiting: (() => void)[] = []

async function inTurn<T>(act: () => Promise<T>): Promise<T> {
  if (running >= AT_ONCE) {
    if (waiting.length >= MAX_WAITING)
      throw new AppError('too_many_requests', 'Too many sign-ins at once. Try again in a moment.')
    // Whoever is done hands its place on, so that nobody slips in between.
    await new Promise<void>((resume) => waiting.push(resume))
  } else {
    running++
  }
  try {
    return await act()
  } finally {
    const next = waiting.shift()
    if (next) next()
    else running--
  }
}
