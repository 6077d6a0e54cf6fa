import type { CallResult as Result } from '../types.ts'
import { ResultContent } from './result-content.tsx'
import { formatSize } from './time.tsx'

/** What the upstream answered. */
export function CallResult({ result }: { result: Result }) {
  return (
    <section class="part" aria-labelledby="result-title">
      <div class="part-head">
        <h2 id="result-title">{result.isError ? 'Answer, an error' : 'Answer'}</h2>
        <span class="hint">{formatSize(result.sizeBytes)}</span>
      </div>
      <ResultContent result={result} />
    </section>
  )
}
