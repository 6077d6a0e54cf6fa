import type { Clock } from '../lib/clock.ts'

const WINDOW_MS = 30_000
const MOST_IN_WINDOW = 3

/**
 * Reads tools again when their server says they changed. A server may say so as often as it likes, so a few times at once,
 * and after that once a window, when the last change has surely been announced.
 */
export class Rereads {
  readonly #readAt = new Map<string, number[]>()
  readonly #planned = new Set<string>()

  constructor(
    readonly clock: Clock,
    readonly reread: (connectionId: string) => void,
  ) {}

  changed(connectionId: string): void {
    if (this.#planned.has(connectionId)) return
    const now = this.clock.now()
    const recent = (this.#readAt.get(connectionId) ?? []).filter((at) => at > now - WINDOW_MS)
    const [first] = recent
    if (first === undefined || recent.length < MOST_IN_WINDOW) {
      this.#readAt.set(connectionId, [...recent, now])
      this.reread(connectionId)
      return
    }
    this.#planned.add(connectionId)
    this.clock.schedule(first + WINDOW_MS, () => {
      this.#planned.delete(connectionId)
      this.changed(connectionId)
    })
  }
}
