import { BulkLinks } from '../parts/bulk-links.tsx'
import { ChangedToolRow } from '../parts/changed-tool-row.tsx'
import { PolicyChoice } from '../parts/policy-choice.tsx'
import { PolicyBar, PolicyCounts } from '../parts/policy-counts.tsx'
import { PolicyRows } from '../parts/policy-rows.tsx'
import { ToolFilterForm } from '../parts/tool-filter-form.tsx'
import { ToolGroups } from '../parts/tool-groups.tsx'
import { NO_FILTER } from '../parts/tool-links.ts'
import { ToolRow } from '../parts/tool-row.tsx'
import { ToolUsage } from '../parts/tool-usage.tsx'
import { FRAME, NOW, TOOL } from './samples.ts'
import type { Specimen } from './specimen.tsx'

const { proof } = FRAME
const BACK = '/design'
const MODES = ['allow', 'require_approval', 'deny'] as const
const COUNTS = { allow: 3, require_approval: 40, deny: 1 }
const USED = { set: { mode: 'allow', at: NOW, by: 'you' }, lastCalledAt: NOW } as const
const at = (position: number) => ({ ...TOOL, position })

export const POLICY_SPECIMENS: Specimen[] = [
  {
    part: 'tool-row',
    about: 'A tool, and what is to happen when it is called.',
    states: [
      ...MODES.map((mode, index) => ({ name: mode, shown: row({ ...at(index + 1), mode }) })),
      { name: 'changed', shown: row({ ...at(4), ...USED, source: 'definition_changed' as const, hidesText: true }) },
      { name: 'in brief', shown: row(at(5), true) },
    ],
  },
  {
    part: 'changed-tool-row',
    about: 'The same after a click, with the counts that it changes.',
    states: [
      {
        name: 'asks again',
        shown: (
          <ul class="tools">
            <ChangedToolRow tool={at(6)} tools={[TOOL]} slug="stripe" proof={proof} back={BACK} />
          </ul>
        ),
      },
    ],
  },
  {
    part: 'policy-choice',
    about: 'The three things that an owner can say about a tool.',
    states: MODES.map((mode) => ({
      name: mode,
      shown: (
        <>
          <p id={`choice-${mode}`}>create_refund</p>
          <PolicyChoice
            tool={{ ...TOOL, mode }}
            slug="stripe"
            proof={proof}
            labelledBy={`choice-${mode}`}
            back={BACK}
          />
        </>
      ),
    })),
  },
  {
    part: 'policy-counts',
    about: 'How many tools may run alone, ask, are denied.',
    states: [
      {
        name: 'of each some',
        shown: (
          <>
            <PolicyBar counts={COUNTS} />
            <PolicyCounts counts={COUNTS} />
          </>
        ),
      },
      { name: 'all ask', shown: <PolicyCounts counts={{ allow: 0, require_approval: 7, deny: 0 }} /> },
    ],
  },
  {
    part: 'tool-usage',
    about: 'Since when, by whom, and when it was last called.',
    states: [
      { name: 'allowed and called', shown: <ToolUsage tool={USED} /> },
      { name: 'nothing said, never called', shown: <ToolUsage tool={TOOL} /> },
    ],
  },
  {
    part: 'bulk-links',
    about: 'To the page on which many tools are set at once.',
    states: [
      { name: 'some of each', shown: <BulkLinks slug="stripe" filter={NO_FILTER} counts={COUNTS} of="that match" /> },
    ],
  },
  {
    part: 'tool-filter-form',
    about: 'Narrows the tools of a connection down.',
    states: [{ name: 'as it comes', shown: <ToolFilterForm slug="stripe" filter={NO_FILTER} /> }],
  },
  {
    part: 'tool-groups',
    about: 'Tools by what their server claims.',
    states: [
      {
        name: 'one open, one folded',
        shown: (
          <ToolGroups
            slug="stripe"
            proof={proof}
            filter={NO_FILTER}
            groups={[
              { group: 'destroys', counts: { ...COUNTS, allow: 0 }, tools: [at(7)], next: 30 },
              { group: 'reads', counts: COUNTS, tools: null, next: null },
            ]}
          />
        ),
      },
    ],
  },
  {
    part: 'policy-rows',
    about: 'Tools of whatever connections, in brief.',
    states: [
      {
        name: 'of all',
        shown: (
          <ul class="tools">
            <PolicyRows
              proof={proof}
              place={{ view: 'alone', connection: null }}
              rows={[{ slug: 'stripe', connection: 'Stripe', tool: { ...at(8), ...USED, mode: 'allow' } }]}
              next={30}
            />
          </ul>
        ),
      },
    ],
  },
]

function row(tool: typeof TOOL, brief = false) {
  return (
    <ul class="tools">
      <ToolRow tool={tool} slug="stripe" proof={proof} back={BACK} brief={brief} />
    </ul>
  )
}
