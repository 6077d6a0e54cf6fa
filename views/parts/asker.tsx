import type { CallSummary } from '../types.ts'
import { Name } from './exact-text.tsx'

/** Who asked: the owner, in our own word, so that no program can call itself that; or an agent by its name. */
export function Asker({
  agent,
  first = false,
}: {
  agent: Pick<CallSummary['agent'], 'name' | 'isYou'>
  first?: boolean
}) {
  if (agent.isYou) return first ? 'You' : 'you'
  return <Name text={agent.name} />
}
