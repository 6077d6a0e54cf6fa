import type { DefinitionChange, ToolChange } from '../types.ts'
import { ArgumentsTree, prettyJson } from './arguments-tree.tsx'
import { changedRanges, type Range } from './changed-range.ts'
import { ExactLine, ExactText, Name } from './exact-text.tsx'

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
              <h3>{title}</h3>
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
  const { before, after, items } = change
  return (
    <div class="diff-entry">
      <dt>
        <Where path={change.path} />
        <span class="kind">{before === null ? 'added' : after === null ? 'removed' : 'changed'}</span>
      </dt>
      {items ? (
        <dd>
          <Items lead="Added:" items={items.added} />
          <Items lead="Removed:" items={items.removed} />
          {items.more > 0 && <p class="hint">And {items.more} more.</p>}
        </dd>
      ) : (
        <BeforeAndAfter change={change} />
      )}
    </div>
  )
}

/** The words of the grammar that lead to every argument say nothing. */
function Where({ path }: Pick<DefinitionChange, 'path'>) {
  const steps = path
    .slice(1)
    .filter(({ kind, name }, index, rest) => !(kind === 'keyword' && name === 'properties' && index < rest.length - 1))
  if (steps.length === 0) return null
  return (
    <span class="where">
      {steps.map(({ kind, name }, index) => (
        <>
          {index > 0 && ' › '}
          {kind === 'index' ? `item ${Number(name) + 1}` : <ExactLine text={name} />}
        </>
      ))}
    </span>
  )
}

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

function BeforeAndAfter({ change: { before, after, isText } }: { change: DefinitionChange }) {
  const asShown = (text: string) => (isText ? text : prettyJson(text))
  const ranges = before !== null && after !== null ? changedRanges(asShown(before), asShown(after)) : null
  return (
    <dd>
      {before !== null && (
        <Side label="Before" text={before} isJson={!isText} differs={ranges?.before ?? null} kind="before" />
      )}
      {after !== null && <Side label="Now" text={after} isJson={!isText} differs={ranges?.after ?? null} kind="now" />}
    </dd>
  )
}

interface SideProps {
  label: string
  text: string
  isJson: boolean
  /** Null where there is no other side. */
  differs: Range | null
  kind: 'before' | 'now'
}

function Side({ label, text, isJson, differs, kind }: SideProps) {
  return (
    <div class={`diff-side diff-${kind}`}>
      <span class="diff-label">{label}</span>
      {/* What stands alone is laid out; two sides are compared as they are written. */}
      {isJson && differs === null ? (
        <ArgumentsTree json={text} />
      ) : (
        <ExactText text={isJson ? prettyJson(text) : text} quiet differs={differs} />
      )}
    </div>
  )
}
