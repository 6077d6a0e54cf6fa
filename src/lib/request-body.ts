import type { Clock } from './clock.ts'
import { AppError } from './errors.ts'

/**
 * Reads the bodies of requests, bounded in bytes, in time and in what half-sent ones may hold.
 * The socket's own time limit serves long waits, so a body that trickles in would otherwise keep its memory for minutes.
 */
export interface RequestBodies {
  /** @param owner whose half-sent bodies share one allowance. @throws AppError too_large, too_slow, bad_request. */
  read(request: Request, owner: string, maxBytes: number): Promise<Uint8Array>
}

/** From the first byte to the last; looked after so often that it is never more, and at most one look less. */
export const BODY_WITHIN_MS = 30_000
export const LOOK_EVERY_MS = 6_000
/** When one owner's half-sent bodies hold more, the oldest is given up: an honest one arrives within moments. */
const HELD_MOST_BYTES = 32 * 1024 * 1024
const HELD_MOST = 256

interface Arriving {
  since: number
  bytes: number
  giveUp(error: AppError): void
}

interface Allowance {
  /** The oldest first. */
  arriving: Set<Arriving>
  bytes: number
}

export function createRequestBodies(clock: Clock): RequestBodies {
  const allowances = new Map<string, Allowance>()
  let looksLater = false

  /** One timer for all, however many there are, and none while nothing is on its way. */
  function lookLater(): void {
    looksLater = true
    clock.schedule(clock.now() + LOOK_EVERY_MS, () => {
      looksLater = false
      const overdueSince = clock.now() - BODY_WITHIN_MS + LOOK_EVERY_MS
      for (const { arriving } of allowances.values()) {
        for (const each of arriving) {
          if (each.since > overdueSince) break
          each.giveUp(tooSlow())
        }
      }
      if (allowances.size > 0) lookLater()
    })
  }

  function hold(allowance: Allowance, mine: Arriving, bytes: number): void {
    if (!allowance.arriving.has(mine)) return
    mine.bytes += bytes
    allowance.bytes += bytes
    for (const oldest of allowance.arriving) {
      if (allowance.bytes <= HELD_MOST_BYTES && allowance.arriving.size <= HELD_MOST) return
      oldest.giveUp(tooSlow())
    }
  }

  return {
    read(request, owner, maxBytes) {
      const declared = declaredLength(request)
      if (declared !== null && declared > maxBytes) return Promise.reject(tooLarge(maxBytes))
      if (!request.body) return Promise.resolve(new Uint8Array())
      const { promise, resolve, reject } = Promise.withResolvers<Uint8Array>()
      const allowance = allowances.get(owner) ?? { arriving: new Set(), bytes: 0 }
      allowances.set(owner, allowance)
      const leave = () => {
        if (!allowance.arriving.delete(mine)) return
        allowance.bytes -= mine.bytes
        if (allowance.arriving.size === 0) allowances.delete(owner)
      }
      const mine: Arriving = {
        since: clock.now(),
        bytes: 0,
        giveUp(error) {
          leave()
          reject(error)
        },
      }
      allowance.arriving.add(mine)
      hold(allowance, mine, declared ?? 0)
      if (!looksLater) lookLater()
      const whole =
        declared === null
          ? countedBytes(request.body, maxBytes, (bytes) => hold(allowance, mine, bytes), promise)
          : request.bytes()
      whole.then(
        (bytes) => {
          leave()
          resolve(bytes)
        },
        (error: unknown) => {
          leave()
          // The client went away: no fault of ours, and nobody is left to read this.
          reject(error instanceof AppError ? error : new AppError('bad_request', 'The body did not arrive whole.'))
        },
      )
      return promise
    },
  }
}

const tooLarge = (maxBytes: number) => new AppError('too_large', `The body is larger than ${maxBytes} bytes.`)
const tooSlow = () => new AppError('too_slow', 'The body took too long to arrive.')

/** Null where it is not told beforehand, or told twice. */
function declaredLength(request: Request): number | null {
  const header = request.headers.get('content-length')
  return header !== null && /^\d+$/.test(header) ? Number(header) : null
}

/** Counts while it reads; gives up with `until`, so that nothing is kept for a body that nobody waits for any more. */
async function countedBytes(
  body: ReadableStream<Uint8Array>,
  maxBytes: number,
  onBytes: (bytes: number) => void,
  until: Promise<unknown>,
): Promise<Uint8Array> {
  const reader = body.getReader()
  const cancel = () => void reader.cancel().catch(() => {})
  until.catch(cancel)
  const chunks: Uint8Array[] = []
  let length = 0
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return Buffer.concat(chunks)
    length += value.byteLength
    if (length > maxBytes) {
      cancel()
      throw tooLarge(maxBytes)
    }
    onBytes(value.byteLength)
    chunks.push(value)
  }
}
