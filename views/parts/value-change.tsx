import type { ComponentChildren } from 'preact'
import type { ValueChange } from '../types.ts'
import { ArgumentsTree, prettyJson } from './arguments-tree.tsx'
import { changedRanges, type Range } from './changed-range.ts'
import { ExactLine, ExactText, Name } from './exact-text.tsx'

/** Of a list of changes one: where it is, what was there and what is there now, whole, with the words set off that differ. */
export function ValueChangeEntry({
  change,
  instead = null,
  inOneLine = false,
  inExcerpt = false,
}: {
  change: ValueChange
  /** Where both sides are short enough. */
  inOneLine?: boolean
  /** Of long texts only what differs and what stands around it; for what is shown whole elsewhere on the page. */
  inExcerpt?: boolean
  /** What tells the change better than both sides of it. */
  instead?: ComponentChildren
}) {
  const { path, before, after } = change
  if (inOneLine && isShort(before) && isShort(after)) {
    return (
      <div class="diff-entry diff-short">
        <dt>
          <Where path={path} />
        </dt>
        <dd>
          <ShortSide text={before} kind="before" /> <span aria-hidden="true">→</span>{' '}
          <ShortSide text={after} kind="now" />
        </dd>
      </div>
    )
  }
  return (
    <div class="diff-entry">
      <dt>
        <Where path={path} />
        <span class="kind">{before === null ? 'added' : after === null ? 'removed' : 'changed'}</span>
      </dt>
      <dd>{instead ?? <BeforeAndAfter change={change} inExcerpt={inExcerpt} />}</dd>
    </div>
  )
}

const SHORT = 40
const isShort = (text: string | null) => text === null || (text.length <= SHORT && !text.includes('\n'))

function ShortSide({ text, kind }: { text: string | null; kind: 'before' | 'now' }) {
  if (text === null) return <span class="nothing">{kind === 'before' ? 'not there' : 'not there any more'}</span>
  return <span class={`diff-${kind}`}>{text === '' ? <span class="nothing">empty</span> : <Name text={text} />}</span>
}

function Where({ path }: Pick<ValueChange, 'path'>) {
  if (path.length === 0) return null
  return (
    <span class="where">
      {path.map(({ kind, name }, index) => (
        <>
          {index > 0 && ' › '}
          {kind === 'index' ? `item ${Number(name) + 1}` : <ExactLine text={name} />}
        </>
      ))}
    </span>
  )
}

function BeforeAndAfter({ change: { before, after, isText }, inExcerpt }: { change: ValueChange; inExcerpt: boolean }) {
  const asShown = (text: string) => (isText ? text : prettyJson(text))
  const ranges = before !== null && after !== null ? changedRanges(asShown(before), asShown(after)) : null
  return (
    <>
      {before !== null && (
        <Side
          label="Before"
          text={before}
          isJson={!isText}
          differs={ranges?.before ?? null}
          inExcerpt={inExcerpt}
          kind="before"
        />
      )}
      {after !== null && (
        <Side
          label="Now"
          text={after}
          isJson={!isText}
          differs={ranges?.after ?? null}
          inExcerpt={inExcerpt}
          kind="now"
        />
      )}
    </>
  )
}

interface SideProps {
  label: string
  text: string
  isJson: boolean
  /** Null where there is no other side. */
  differs: Range[] | null
  inExcerpt: boolean
  kind: 'before' | 'now'
}

function Side({ label, text, isJson, differs, inExcerpt, kind }: SideProps) {
  return (
    <div class={`diff-side diff-${kind}`}>
      <span class="diff-label">{label}</span>
      {/* What stands alone is laid out; two sides are compared as they are written. */}
      {isJson && differs === null ? (
        <ArgumentsTree json={text} />
      ) : (
        <ExactText text={isJson ? prettyJson(text) : text} quiet differs={differs ?? []} inExcerpt={inExcerpt} />
      )}
    </div>
  )
}
