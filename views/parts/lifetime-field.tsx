import { Time } from './time.tsx'

const LIFETIMES = [
  ['forever', 'Until I revoke it'],
  ['30', '30 days'],
  ['7', '7 days'],
  ['1', 'One day'],
] as const

export interface LifetimeFieldProps {
  chosen: string
  /** When it ends as things stand, of an agent that there is already; null when it does not end by itself. */
  current?: number | null
}

export function LifetimeField({ chosen, current }: LifetimeFieldProps) {
  const hasEnd = current !== undefined && current !== null
  return (
    <div class="field">
      <label for="field-lifetime">For how long</label>
      <select id="field-lifetime" name="lifetime">
        {hasEnd && (
          <option value="as_it_is" selected={chosen === 'as_it_is'}>
            As it is
          </option>
        )}
        {LIFETIMES.map(([value, label]) => (
          <option value={value} selected={value === chosen}>
            {current === undefined || value === 'forever' ? label : `${label} from now`}
          </option>
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
