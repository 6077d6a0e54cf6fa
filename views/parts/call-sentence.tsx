import type { ComponentChildren } from 'preact'
import type { CallDetail, ToolHints } from '../types.ts'
import { Asker } from './asker.tsx'
import { Name } from './exact-text.tsx'
import { Icon, type IconName } from './icon.tsx'

type Told = Pick<CallDetail, 'agent' | 'connection' | 'tool'>

/** What would happen, in one sentence of ours, and what the tool's server says about it. Nothing in it comes from the agent but its name. */
export function CallSentence({ call, over = false }: { call: Told; over?: boolean }) {
  return (
    <>
      <p class="sentence">
        <CallInShort call={call} over={over} />
      </p>{' '}
      <CallClaims call={call} />
    </>
  )
}

/** What it would do, by whoever offers the tool. */
export function CallClaims({ call: { tool } }: { call: Told }) {
  return tool.isOurs ? <p class="sentence-claims">{UNINSTALLING}</p> : <Claims hints={tool.hints} />
}

const UNINSTALLING = 'AgentPort would forget its credentials, its tools and your policies for them.'

/** The sentence alone. */
export function CallInShort({ call: { agent, connection, tool }, over = false }: { call: Told; over?: boolean }) {
  return (
    <>
      <Asker agent={agent} first /> {over ? 'wanted' : agent.isYou ? 'want' : 'wants'} to{' '}
      {tool.isOurs ? (
        'remove'
      ) : (
        <>
          run <Name text={titleOf(tool)} /> on
        </>
      )}{' '}
      <Account connection={connection} />.
    </>
  )
}

/** What is no title but a speech stays with the definition; the name stands beside the sentence in any case. */
const LONGEST_TITLE = 120

export const titleOf = ({ name, title }: CallDetail['tool']): string =>
  title !== null && title.length <= LONGEST_TITLE ? title : name

/** Two accounts of one service may have the same name, never the same slug. */
function Account({ connection: { name, slug } }: Pick<CallDetail, 'connection'>) {
  return (
    <>
      <Name text={name} />
      {slug !== name.toLowerCase() && (
        <>
          {' '}
          as <Name text={slug} />
        </>
      )}
    </>
  )
}

interface Claim {
  icon: IconName
  words: string
  tone: 'bad' | 'plain'
}

/** Nothing checks what a server says about its tool, so it is told whose words they are. */
function Claims({ hints }: { hints: ToolHints }) {
  const claims = [effectOf(hints), reachOf(hints)].filter((claim) => claim !== null)
  if (claims.length === 0)
    return (
      <p class="sentence-claims">
        <Marked claim={{ icon: 'ask', words: 'Its server does not say whether it changes anything.', tone: 'plain' }} />
      </p>
    )
  return (
    <p class="sentence-claims">
      Its server says it{' '}
      {claims.map((claim, index) => (
        <>
          {index > 0 && ' and '}
          <Marked claim={claim} />
        </>
      ))}
      .
    </p>
  )
}

function Marked({ claim: { icon, words, tone } }: { claim: Claim }): ComponentChildren {
  return (
    <span class={`told told-${tone}`}>
      <Icon name={icon} /> {words}
    </span>
  )
}

function effectOf({ readOnly, destructive }: ToolHints): Claim | null {
  if (readOnly === true && destructive === true)
    return { icon: 'warn', words: 'only reads, and also that it destroys: it contradicts itself', tone: 'bad' }
  if (destructive === true) return { icon: 'destructive', words: 'can change or destroy things', tone: 'bad' }
  if (readOnly === true) return { icon: 'eye', words: 'only reads', tone: 'plain' }
  if (readOnly === false && destructive === false)
    return { icon: 'pen', words: 'changes things but destroys nothing', tone: 'plain' }
  if (destructive === false) return { icon: 'approved', words: 'destroys nothing', tone: 'plain' }
  if (readOnly === false) return { icon: 'pen', words: 'changes things', tone: 'plain' }
  return null
}

function reachOf({ openWorld }: ToolHints): Claim | null {
  if (openWorld === true) return { icon: 'globe', words: 'reaches beyond that service', tone: 'plain' }
  if (openWorld === false) return { icon: 'plug', words: 'stays within that service', tone: 'plain' }
  return null
}
