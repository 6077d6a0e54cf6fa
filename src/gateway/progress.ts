import type { Clock } from '../lib/clock.ts'

export interface UpstreamProgress {
  progress: number
  total?: number
  message?: string
}

type Notify = (params: {
  progressToken: string | number
  progress: number
  total?: number
  message?: string
}) => Promise<void>

const TICK_MS = 15_000
/** Ticks must grow, as the specification has it, and still leave room for the upstream's own whole numbers. */
const TICK = 0.001

/**
 * Progress toward a caller that asked for it: the upstream's own, passed on, and a sign of life every 15 s while nothing moves,
 * since clients give up on a request that stays silent.
 */
export class ProgressReport {
  #last = 0
  #cancelTick: () => void = () => {}
  #over = false

  constructor(
    readonly token: string | number,
    readonly notify: Notify,
    readonly clock: Clock,
  ) {
    this.#scheduleTick()
  }

  readonly onUpstream = ({ progress, total, message }: UpstreamProgress): void => {
    this.#send({
      progress: Math.max(progress, this.#last + TICK),
      ...(total === undefined ? {} : { total }),
      ...(message === undefined ? {} : { message }),
    })
  }

  end(): void {
    this.#over = true
    this.#cancelTick()
  }

  #scheduleTick(): void {
    this.#cancelTick()
    this.#cancelTick = this.clock.schedule(this.clock.now() + TICK_MS, () =>
      this.#send({ progress: this.#last + TICK, message: 'Still waiting' }),
    )
  }

  #send(progress: UpstreamProgress): void {
    if (this.#over) return
    this.#last = progress.progress
    // A caller that is gone hears nothing; its wait ends by its own signal.
    void this.notify({ progressToken: this.token, ...progress }).catch(() => {})
    this.#scheduleTick()
  }
}
