import type { CallDetail } from '../types.ts'
import { ExactLine, Name } from './exact-text.tsx'

/** What the sentence leaves out: which tool exactly, where it would run, and what is known of who asks. */
export function CallFacts({ call }: { call: CallDetail }) {
  const { connection, tool } = call
  return (
    <dl class="facts facts-call">
      <div>
        <dt>Tool</dt>
        <dd>
          <strong class="tool-name">
            <ExactLine text={tool.name} />
          </strong>
          <span class="aside"> at </span>
          <Name text={connection.target} />
        </dd>
      </div>
      <div>
        <dt>{call.agent.isYou ? 'Asked' : 'Agent'}</dt>
        <dd class="aside">
          <AgentWords call={call} />
        </dd>
      </div>
    </dl>
  )
}

/** What it is, what it says of itself and from where it asked. */
export function AgentWords({ call: { agent } }: { call: Pick<CallDetail, 'agent'> }) {
  return (
    <>
      <KindWords agent={agent} />
      {!agent.isYou && agent.program !== null && (
        <>
          , says it’s <Name text={agent.program} />
        </>
      )}
      {agent.address !== null && (
        <>
          , from <Name text={agent.address} />
        </>
      )}
    </>
  )
}

/** A name that its owner gave is not to be told from one that a program gave itself by looking at it. */
function KindWords({ agent: { name, kind } }: Pick<CallDetail, 'agent'>) {
  if (kind.is === 'person') return 'by hand, in the playground'
  if (kind.is === 'key') return 'API key'
  if (kind.claim === null) return 'signed-in program'
  const { claim } = kind
  return (
    <>
      signed-in program
      {claim.name === name ? (
        ', the name is its own claim'
      ) : (
        <>
          {' '}
          that calls itself <Name text={claim.name} />
        </>
      )}
      {claim.publisher !== null && (
        <>
          , described at <Name text={claim.publisher} />
        </>
      )}
    </>
  )
}
