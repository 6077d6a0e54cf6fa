import type { AgentSummary } from '../types.ts'
import { Name } from './exact-text.tsx'
import { Icon } from './icon.tsx'
import { Time } from './time.tsx'

/** What an agent is, in a few words: a key by its first characters, a program by what it says of itself and who vouches for that. */
export function KindOfAgent({ agent: { kind, name, prefix, claim } }: { agent: AgentSummary }) {
  if (kind === 'key') {
    return (
      <>
        Key <Name text={`${prefix}…`} />
      </>
    )
  }
  if (claim === null) return <>Signed in</>
  return (
    <>
      Signed in
      {claim.name === name ? (
        '; its name is its own claim'
      ) : (
        <>
          ; calls itself <Name text={claim.name} />
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

/** When and from where an agent or a token was last used. */
export function LastUse({
  of: { lastUsedAt, lastUsedFrom },
}: {
  of: Pick<AgentSummary, 'lastUsedAt' | 'lastUsedFrom'>
}) {
  if (lastUsedAt === null) return <>never</>
  return (
    <>
      <Time at={lastUsedAt} />
      {lastUsedFrom !== null && (
        <>
          {' '}
          from <Name text={lastUsedFrom} />
        </>
      )}
    </>
  )
}

export function AgentState({ agent }: { agent: AgentSummary }) {
  if (agent.ended) {
    return (
      <span class="state state-still">
        <Icon name={agent.ended.how === 'revoked' ? 'denied' : 'expired'} />
        {agent.ended.how === 'revoked' ? 'Revoked' : 'Expired'}
      </span>
    )
  }
  if (agent.lastUsedAt === null) {
    return (
      <span class="state state-still">
        <Icon name="waiting" />
        Never used
      </span>
    )
  }
  return (
    <span class="state state-good">
      <Icon name="done" />
      In use
    </span>
  )
}
