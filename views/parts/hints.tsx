import type { ToolHints } from '../types.ts'
import { Icon, type IconName } from './icon.tsx'

interface Claim {
  icon: IconName
  word: string
  tone: 'bad' | 'plain'
}

function claimsOf(hints: ToolHints): Claim[] {
  const claims: Claim[] = []
  if (hints.readOnly === true) claims.push({ icon: 'eye', word: 'only reads', tone: 'plain' })
  if (hints.readOnly === false && hints.destructive !== true)
    claims.push({ icon: 'warn', word: 'changes things', tone: 'plain' })
  if (hints.destructive === true) claims.push({ icon: 'destructive', word: 'destructive', tone: 'bad' })
  if (hints.destructive === false) claims.push({ icon: 'approved', word: 'not destructive', tone: 'plain' })
  if (hints.idempotent === true) claims.push({ icon: 'repeat', word: 'safe to repeat', tone: 'plain' })
  if (hints.openWorld === true) claims.push({ icon: 'globe', word: 'open world', tone: 'plain' })
  return claims
}

/** What the server says about its tool. Nothing checks it, so the page says whose claim it is. */
export function Hints({ hints, lead }: { hints: ToolHints; lead: string }) {
  const claims = claimsOf(hints)
  if (claims.length === 0) return null
  return (
    <span class="claims">
      <span class="claims-lead">{lead}</span>
      {claims.map((claim) => (
        <span class={`claim claim-${claim.tone}`}>
          <Icon name={claim.icon} />
          {claim.word}
        </span>
      ))}
    </span>
  )
}
