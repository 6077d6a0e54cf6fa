import type { ConnectionChoice } from '../types.ts'
import { Name } from './exact-text.tsx'

interface ReachFieldsProps {
  /** All that the person has installed. */
  connections: ConnectionChoice[]
  /** Ids; null for all. */
  chosen: readonly string[] | null
}

/** Which connections an agent may use: all, or ticked ones. Works without JavaScript: ticking only counts beside "only these". */
export function ReachFields({ connections, chosen }: ReachFieldsProps) {
  return (
    <fieldset class="choices">
      <legend>Which connections it may use</legend>
      <label class="choice" for="reach-all">
        <input type="radio" id="reach-all" name="reach" value="all" checked={chosen === null} />
        <span>All, also those that you add later</span>
      </label>
      <label class="choice" for="reach-chosen">
        <input
          type="radio"
          id="reach-chosen"
          name="reach"
          value="chosen"
          checked={chosen !== null}
          disabled={connections.length === 0}
        />
        <span>Only these:</span>
      </label>
      {connections.length === 0 ? (
        <p class="hint choices-inner">You have not installed any yet.</p>
      ) : (
        <div class="choices-inner">
          {connections.map(({ id, slug, name }) => (
            <label class="choice" for={`reach-${id}`}>
              <input
                type="checkbox"
                id={`reach-${id}`}
                name="connection"
                value={id}
                checked={chosen?.includes(id) ?? false}
              />
              <span>
                <Name text={name} />
                {name !== slug && <span class="quiet"> {slug}</span>}
              </span>
            </label>
          ))}
        </div>
      )}
    </fieldset>
  )
}
