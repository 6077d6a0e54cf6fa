import type { CallDetail } from '../types.ts'
import { ExactLine, ExactText, Name } from './exact-text.tsx'
import { Hints } from './hints.tsx'

// A longer description would push the arguments out of sight, so it follows them.
const SHORT_DESCRIPTION = 180

export const describesShortly = (call: CallDetail) =>
  call.tool.description !== null && call.tool.description.length <= SHORT_DESCRIPTION

/** Who asks for what, and where it would happen. */
export function CallFacts({ call }: { call: CallDetail }) {
  const { agent, connection, tool } = call
  return (
    <dl class="facts facts-call">
      <div>
        <dt>Agent</dt>
        <dd>
          <Name text={agent.name} />{' '}
          <span class="aside">
            <KindWords agent={agent} />
            {agent.program !== null && (
              <>
                , says it’s <Name text={agent.program} />
              </>
            )}
            {agent.address !== null && (
              <>
                , from <Name text={agent.address} />
              </>
            )}
          </span>
        </dd>
      </div>
      <div>
        <dt>Tool</dt>
        <dd>
          <strong class="tool-name">
            <ExactLine text={tool.name} />
          </strong>
          {tool.title !== null && tool.title !== tool.name && (
            <span class="aside">
              {' '}
              titled <Name text={tool.title} />
            </span>
          )}
          <Hints hints={tool.hints} lead="Server claims:" />
          {describesShortly(call) && <ExactText text={tool.description ?? ''} quiet />}
        </dd>
      </div>
      <div>
        <dt>On</dt>
        <dd>
          <Name text={connection.name} />
          {connection.slug !== connection.name.toLowerCase() && (
            <>
              <span class="aside"> as </span>
              <Name text={connection.slug} />
            </>
          )}
          <span class="aside"> at </span>
          <Name text={connection.target} />
        </dd>
      </div>
    </dl>
  )
}

/** A name that its owner gave is not to be told from one that a program gave itself by looking at it. */
function KindWords({ agent: { name, kind } }: Pick<CallDetail, 'agent'>) {
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
