import { Time } from './time.tsx'

const LIFETIMES = [
  ['forever', 'Until I revoke it'],
  ['30', '30 days'],
  ['7', '7 days'],
  ['1', 'One day'],
] as const

/** @param current when it ends as things stand, of an agent that there is already; null when it does not end by itself. */
export function LifetimeField({ current }: { current?: number | null }) {
  const hasEnd = current !== undefined && current !== null
  return (
    <div class="field">
      <label for="field-lifetime">For how long</label>
      <select id="field-lifetime" name="lifetime">
        {hasEnd && <option value="as_it_is">As it is</option>}
        {LIFETIMES.map(([value, label]) => (
          <option value={value}>{current === undefined || value === 'forever' ? label : `${label} from now`}</option>
        ))}
      </select>
      {hasEnd && (
        <p class="hint">
          As it is, it ends <Time at={current} />.
        </p>
      )}
    </div>
  )
}
