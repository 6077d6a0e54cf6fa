import type { ToolFilter } from '../types.ts'
import { MODES } from './policy-choice.tsx'
import { GROUP_WORDS, TOOL_GROUPS } from './tool-group.ts'
import { connectionPath } from './tool-links.ts'

/** Narrows the tools down while one types; with a button where nothing can be swapped in. */
export function ToolFilterForm({ slug, filter }: { slug: string; filter: ToolFilter }) {
  return (
    <form
      method="get"
      action={connectionPath(slug)}
      class="tool-filter"
      hx-get={connectionPath(slug, '/tools')}
      hx-trigger="input delay:300ms, submit"
      hx-target="#tools"
      hx-swap="outerMorph"
      hx-sync="this:replace"
    >
      <div class="field">
        <label for="filter">Filter</label>
        <input
          id="filter"
          type="search"
          name="filter"
          value={filter.text}
          autocomplete="off"
          placeholder="Name or description"
        />
      </div>
      <Choice
        label="Claim"
        name="group"
        chosen={filter.group}
        options={TOOL_GROUPS.map((group) => ({ value: group, label: GROUP_WORDS[group].name }))}
      />
      <Choice
        label="Policy"
        name="policy"
        chosen={filter.policy}
        options={MODES.map(({ mode, label }) => ({ value: mode, label }))}
      />
      <noscript>
        <button type="submit" class="button">
          Filter
        </button>
      </noscript>
    </form>
  )
}

interface ChoiceProps {
  label: string
  name: string
  chosen: string | null
  options: { value: string; label: string }[]
}

function Choice({ label, name, chosen, options }: ChoiceProps) {
  return (
    <div class="field">
      <label for={`filter-${name}`}>{label}</label>
      <select id={`filter-${name}`} name={name}>
        <option value="">Any</option>
        {options.map((option) => (
          <option value={option.value} selected={option.value === chosen}>
            {option.label}
          </option>
        ))}
      </select>
    </div>
  )
}
