import type { CallDetail } from '../types.ts'
import { changedParts, DefinitionDiff } from './definition-diff.tsx'

/** What the owner does not know yet about the tool: in one sentence, and then whole. */
export function ToolWarnings({ call: { id, tool } }: { call: CallDetail }) {
  const { change, hidesText } = tool
  if (!change && !hidesText) return null
  return (
    <div class="notice notice-warn" role="note">
      {change && (
        <>
          <p>
            <strong>Its server changed this tool</strong> since you{' '}
            {change.since === 'allowed' ? 'allowed it' : 'last saw it'}: {changedParts(change)}.
          </p>
          <details class="more">
            <summary>What changed</summary>
            <DefinitionDiff change={change} />
          </details>
        </>
      )}
      {hidesText && (
        <p>
          <strong>Its definition hides text from people.</strong>{' '}
          <a href={`/approve/${encodeURIComponent(id)}/tool`}>See what it says</a>
        </p>
      )}
    </div>
  )
}
