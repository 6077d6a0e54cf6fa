import { end, recovers } from './ending.ts'
import { startGateway } from './gateway-process.ts'
import { Counts, type Kind, onDisk } from './kind.ts'
import { live } from './lives.ts'

const MINUTE_MS = 60_000
/** Approvals last an hour: some steps leave them good, and some do not. */
const FARTHEST_MINUTES = 12 * 60

/** The clock is set back and forward by minutes and hours, while the gateway runs and between its lives. */
export function clockKind(): Kind {
  const set = new Counts()
  let offsetMs = 0
  return {
    ...onDisk(),
    async round(stage) {
      const { random } = stage
      const move = () => {
        const forward = random.chance(0.5)
        // By less than an hour as often as by more.
        const most = random.chance(0.5) ? 60 : FARTHEST_MINUTES
        offsetMs += (forward ? 1 : -1) * (1 + random.below(most)) * MINUTE_MS
        // It must not drift away: sessions of people last for days.
        if (Math.abs(offsetMs) > 2 * FARTHEST_MINUTES * MINUTE_MS) offsetMs = 0
        set.add(forward ? 'forward' : 'back')
      }
      if (random.chance(0.5)) move()
      const gateway = await startGateway({ ...stage, clockOffsetMs: offsetMs })
      const lives = live(stage, gateway, 0.5)
      try {
        for (let steps = 1 + random.below(3); steps > 0; steps--) {
          await Bun.sleep(150 + random.below(250))
          move()
          gateway.setClock(offsetMs)
        }
        await Bun.sleep(200)
        await recovers(stage, gateway)
        await end(stage, gateway)
      } finally {
        gateway.kill()
        await lives
      }
    },
    says: () => `clock set ${set}`,
    lacks: () => null,
  }
}
