import { FAIL_POINTS } from '../../src/lib/fail-point.ts'
import { startGateway } from './gateway-process.ts'
import { Counts, type Kind, onDisk } from './kind.ts'
import { live } from './lives.ts'

/** kill -9, at a random moment or at a named step. */
export function killKind(): Kind {
  const killedAt = new Counts()
  return {
    ...onDisk(),
    async round(stage) {
      const { random } = stage
      const failPoints = random.chance(0.6) ? `${random.pick(FAIL_POINTS)}:${1 + random.below(3)}` : ''
      const gateway = await startGateway({ ...stage, failPoints })
      let byTimer = false
      const timer = setTimeout(() => {
        byTimer = true
        gateway.kill()
      }, 150 + random.below(500))
      await live(stage, gateway)
      clearTimeout(timer)
      killedAt.add(byTimer ? 'at random' : `at "${failPoints.split(':')[0]}"`)
    },
    says: () => `killed ${killedAt}`,
    lacks: () => null,
  }
}
