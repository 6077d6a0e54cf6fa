import { CALL_SPECIMENS } from '../design/call-specimens.tsx'
import { FORM_SPECIMENS } from '../design/form-specimens.tsx'
import { HOME_SPECIMENS } from '../design/home-specimens.tsx'
import { POLICY_SPECIMENS } from '../design/policy-specimens.tsx'
import { SpecimenSection } from '../design/specimen.tsx'
import { STYLE_SPECIMENS } from '../design/style-specimens.tsx'
import { TOOL_SPECIMENS } from '../design/tool-specimens.tsx'
import { Layout } from '../layout.tsx'
import type { PageFrame } from '../types.ts'

export const SPECIMENS = [
  ...STYLE_SPECIMENS,
  ...FORM_SPECIMENS,
  ...CALL_SPECIMENS,
  ...HOME_SPECIMENS,
  ...TOOL_SPECIMENS,
  ...POLICY_SPECIMENS,
]

/** Every part in every state, for whoever works on the pages. */
export function DesignPage({ frame }: { frame: PageFrame }) {
  return (
    <Layout frame={frame} title="Design">
      <section class="section">
        <h1>Every part, in every state</h1>
        <p class="lead">
          Change a part or a token, and see here what else it changes. Nothing on this page does anything.
        </p>
        <ul class="actions">
          {SPECIMENS.map(
            ({ part }) =>
              part !== null && (
                <li>
                  <a href={`#${part}`}>{part}</a>
                </li>
              ),
          )}
        </ul>
      </section>
      {SPECIMENS.map((specimen) => (
        <SpecimenSection specimen={specimen} />
      ))}
    </Layout>
  )
}
