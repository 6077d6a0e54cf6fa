import type { CallDetail } from '../types.ts'
import { ArgumentsTree, prettyJson } from './arguments-tree.tsx'
import { ExactText } from './exact-text.tsx'
import { formatSize } from './time.tsx'

type Called = Pick<CallDetail, 'id' | 'argumentsJson' | 'argumentsHash'>

/** Every argument whole, as a list. */
export function CallArguments({ call: { id, argumentsJson } }: { call: Called }) {
  return (
    <section class="part" aria-labelledby={`arguments-${id}`}>
      <div class="part-head">
        <h2 id={`arguments-${id}`}>Arguments</h2>
        <span class="hint">all of them, {formatSize(new TextEncoder().encode(argumentsJson).length)}</span>
      </div>
      <ArgumentsTree json={argumentsJson} />
    </section>
  )
}

/** The same as JSON: laid out for reading, and to the letter as it is hashed and sent. */
export function ExactArguments({ call: { argumentsJson, argumentsHash } }: { call: Called }) {
  const pretty = prettyJson(argumentsJson)
  return (
    <details class="more">
      <summary>Exact JSON</summary>
      <ExactText text={pretty} />
      {pretty !== argumentsJson && (
        <>
          <p class="hint">As it is hashed and sent:</p>
          <ExactText text={argumentsJson} quiet />
        </>
      )}
      <p class="hint hash">
        Its SHA-256 <code>{argumentsHash}</code>
      </p>
    </details>
  )
}
