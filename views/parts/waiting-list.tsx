import type { CallSummary } from '../types.ts'
import { Asker } from './asker.tsx'
import { WaitingCalls } from './call-list.tsx'
import { Icon } from './icon.tsx'

/** So many of one agent stand here, the newest; all of them on a page of their own. */
const MOST_OF_ONE = 5

/** All that waits for the person, and how many that are, for the title. */
export function WaitingList({ waiting }: { waiting: CallSummary[] }) {
  return (
    <div data-waiting-count={waiting.length}>
      {waiting.length > 0 ? (
        <ByAgent waiting={waiting} />
      ) : (
        <div class="empty">
          <Icon name="done" />
          <p>Nothing waits. When an agent needs your yes, it appears here at once.</p>
        </div>
      )}
    </div>
  )
}

/** Whoever asks for several gets one place, so that another agent's single request is not lost among its own. */
function ByAgent({ waiting }: { waiting: CallSummary[] }) {
  const byAgent = [...Map.groupBy(waiting, ({ agent }) => agent.id).values()]
  const single = byAgent.filter((calls) => calls.length === 1).flat()
  return (
    <>
      {single.length > 0 && <WaitingCalls calls={single} />}
      {byAgent.map(([first, ...others]) => first && others.length > 0 && <OfOneAgent first={first} others={others} />)}
    </>
  )
}

function OfOneAgent({ first, others }: { first: CallSummary; others: CallSummary[] }) {
  const together = `/waiting?agent=${encodeURIComponent(first.agent.id)}`
  const calls = [first, ...others]
  const hidden = calls.length - MOST_OF_ONE
  return (
    <div class="waiting-group">
      <div class="waiting-group-head">
        <h2>
          {calls.length} from <Asker agent={first.agent} />
        </h2>
        <a href={together}>Decide on one page</a>
      </div>
      <WaitingCalls calls={calls.slice(0, MOST_OF_ONE)} ofOneAgent />
      {hidden > 0 && (
        <p class="hint">
          <a href={together}>
            {hidden} more from <Asker agent={first.agent} />
          </a>
        </p>
      )}
    </div>
  )
}
