import type { PolicyCounts as Counts } from '../types.ts'

const WORDS = { allow: 'allowed', require_approval: 'ask', deny: 'denied' } as const
const MODES = ['allow', 'require_approval', 'deny'] as const

/**
 * How many tools may run alone, ask, are denied; what there is none of is left out.
 * @param id by which a changed count finds its place on the page.
 */
export function PolicyCounts({ counts, id, renewed = false }: { counts: Counts; id?: string; renewed?: boolean }) {
  return (
    <span class="counts" id={id} hx-swap-oob={renewed ? 'true' : undefined}>
      {MODES.filter((mode) => counts[mode] > 0).map((mode) => (
        <span class={`count count-${mode}`}>{`${counts[mode]} ${WORDS[mode]}`}</span>
      ))}
    </span>
  )
}

/** The same as a strip, each as long as its share. The words beside it say it too. */
export function PolicyBar({ counts }: { counts: Counts }) {
  const total = Math.max(1, counts.allow + counts.require_approval + counts.deny)
  let from = 0
  return (
    <svg class="policy-bar" viewBox="0 0 100 1" preserveAspectRatio="none" aria-hidden="true">
      {MODES.map((mode) => {
        const width = Number(((counts[mode] / total) * 100).toFixed(2))
        const x = from
        from += width
        return width > 0 && <rect class={`bar-${mode}`} x={x} y="0" width={width} height="1" />
      })}
    </svg>
  )
}
