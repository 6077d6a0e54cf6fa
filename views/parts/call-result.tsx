import type { CallDetail, JsonValue } from '../types.ts'
import { prettyJson } from './arguments-tree.tsx'
import { ExactText } from './exact-text.tsx'
import { formatSize } from './time.tsx'

/** What the upstream answered, its texts first. */
export function CallResult({ result }: { result: NonNullable<CallDetail['result']> }) {
  const texts = textsOf(result.json)
  return (
    <section class="part" aria-labelledby="result-title">
      <div class="part-head">
        <h2 id="result-title">{result.isError ? 'Answer, an error' : 'Answer'}</h2>
        <span class="hint">{formatSize(result.sizeBytes)}</span>
      </div>
      {texts.map((text) => (
        <ExactText text={text} />
      ))}
      <details class="more" open={texts.length === 0}>
        <summary>Exact JSON</summary>
        <ExactText text={prettyJson(result.json)} />
      </details>
    </section>
  )
}

/** The text blocks of an MCP tool result; none where it is shaped otherwise. */
function textsOf(json: string): string[] {
  let value: JsonValue
  try {
    value = JSON.parse(json)
  } catch {
    return []
  }
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return []
  const content = value.content
  if (!Array.isArray(content)) return []
  return content.flatMap((block) =>
    block !== null && typeof block === 'object' && !Array.isArray(block) && typeof block.text === 'string'
      ? [block.text]
      : [],
  )
}
