import { ArgumentsTree } from './arguments-tree.tsx'
import { Name } from './exact-text.tsx'
import { MarksFound } from './marks-found.tsx'
import { stringsIn } from './strings-in.ts'

export interface Begun {
  id: string
  agent: { name: string }
  argumentsJson: string
}

/** Where an agent's arguments stand in a form of the owner's: whose they are, and what no field can show of them. */
export function BegunWith({ begun: { agent, argumentsJson } }: { begun: Begun }) {
  return (
    <>
      <div class="notice notice-warn" role="note">
        <p>
          <strong>An agent wrote these arguments:</strong> they are those of a call by <Name text={agent.name} />. If
          you run them, the call is yours.
        </p>
        <details class="more">
          <summary>As it wrote them</summary>
          <ArgumentsTree json={argumentsJson} />
        </details>
      </div>
      <MarksFound texts={stringsIn(argumentsJson)} />
    </>
  )
}
