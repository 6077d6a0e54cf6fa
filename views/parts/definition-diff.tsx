import type { DefinitionChange, ToolChange } from '../types.ts'
import { Name } from './exact-text.tsx'
import { ValueChangeEntry } from './value-change.tsx'

const PARTS: { part: DefinitionChange['part']; title: string }[] = [
  { part: 'title', title: 'Title' },
  { part: 'description', title: 'What the server says it does' },
  { part: 'hints', title: 'What the server claims' },
  { part: 'input', title: 'What it takes' },
  { part: 'output', title: 'What it gives back' },
  { part: 'other', title: 'Whatever else is said of it' },
]

/** In few words, for where there is no room for all of it. */
export function changedParts({ changes, more }: Pick<ToolChange, 'changes' | 'more'>): string {
  const words = PARTS.filter(({ part }) => changes.some((change) => change.part === part)).map(({ title }) =>
    title.toLowerCase(),
  )
  // Whatever it said before is not kept.
  if (words.length === 0) return 'nobody knows in what'
  return `${words.join(', ')}${more > 0 ? ' and more' : ''}`
}

/** What a server changed in the definition of a tool, part by part, with what was there before and what is there now, whole. */
export function DefinitionDiff({ change }: { change: ToolChange }) {
  return (
    <div class="diff">
      {change.changes.length === 0 && <p class="hint">What it said before is not kept.</p>}
      {PARTS.map(({ part, title }) => {
        const changes = change.changes.filter((each) => each.part === part)
        return (
          changes.length > 0 && (
            <>
              <p class="diff-part">{title}</p>
              <dl>
                {changes.map((each) => (
                  <Change change={each} />
                ))}
              </dl>
            </>
          )
        )
      })}
      {change.more > 0 && (
        <p class="notice notice-warn">
          {change.more} more {change.more === 1 ? 'change is' : 'changes are'} not listed. So many hide one among them:
          think twice before you allow it.
        </p>
      )}
    </div>
  )
}

function Change({ change }: { change: DefinitionChange }) {
  const { items } = change
  return (
    <ValueChangeEntry
      change={{ ...change, path: shownPath(change.path) }}
      instead={
        items && (
          <>
            <Items lead="Added:" items={items.added} />
            <Items lead="Removed:" items={items.removed} />
            {items.more > 0 && <p class="hint">And {items.more} more.</p>}
          </>
        )
      }
    />
  )
}

/** The words of the grammar that lead to every argument say nothing. */
const shownPath = (path: DefinitionChange['path']) =>
  path
    .slice(1)
    .filter(({ kind, name }, index, rest) => !(kind === 'keyword' && name === 'properties' && index < rest.length - 1))

function Items({ lead, items }: { lead: string; items: string[] }) {
  if (items.length === 0) return null
  return (
    <p>
      {lead}{' '}
      {items.map((item) => (
        <>
          <Name text={item} />{' '}
        </>
      ))}
    </p>
  )
}
