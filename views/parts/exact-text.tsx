import type { Range } from './changed-range.ts'
import { markText, type Segment } from './mark-text.ts'

// Longer runs of blank are shown as a count, or they would push the rest of the page out of sight.
const LONGEST_SPACES = 64
const LONGEST_BREAKS = 3
const LONGEST_TABS = 12

/** Somebody else's text as a block: whole, in its own typeface and tint, nothing invisible. */
export function ExactText({
  text,
  quiet = false,
  differs = null,
}: {
  text: string
  quiet?: boolean
  /** What is set off, since it is another than in the text beside it. */
  differs?: Range | null
}) {
  return (
    <div class={quiet ? 'exact exact-quiet' : 'exact'} dir="ltr">
      {text === '' ? <span class="nothing">empty</span> : <Marked text={text} lines differs={differs} />}
    </div>
  )
}

/** Somebody else's name inside a sentence of ours, fenced so that it cannot pose as our words. */
export function Name({ text }: { text: string }) {
  return (
    <bdi class="name" dir="ltr">
      {text === '' ? <span class="nothing">no name</span> : <Marked text={text} />}
    </bdi>
  )
}

/** The same on one line without the fence, where a heading or a column already sets it apart. */
export function ExactLine({ text }: { text: string }) {
  return (
    <bdi class="line" dir="ltr">
      {text === '' ? <span class="nothing">empty</span> : <Marked text={text} />}
    </bdi>
  )
}

function Marked({ text, lines = false, differs = null }: { text: string; lines?: boolean; differs?: Range | null }) {
  const segments = markText(text)
  if (differs === null || differs.from >= differs.to) return <>{segments.map((segment) => draw(segment, lines))}</>
  const [head, rest] = divide(segments, differs.from)
  const [middle, tail] = divide(rest, differs.to - lengthOf(head))
  return (
    <>
      {head.map((segment) => draw(segment, lines))}
      <span class="differs">{middle.map((segment) => draw(segment, lines))}</span>
      {tail.map((segment) => draw(segment, lines))}
    </>
  )
}

const lengthOf = (segments: Segment[]) => segments.reduce((length, { source }) => length + source.length, 0)

/** Marked as a whole first, since what stands beside a character decides how it is shown. Only plain text is cut in two. */
function divide(segments: Segment[], at: number): [Segment[], Segment[]] {
  let begins = 0
  for (const [index, segment] of segments.entries()) {
    const ends = begins + segment.source.length
    if (at < ends) {
      const [head, rest] = [segments.slice(0, index), segments.slice(index + 1)]
      if (at <= begins || segment.kind !== 'text') return [head, [segment, ...rest]]
      const cut = at - begins
      const part = (source: string): Segment => ({ kind: 'text', source })
      return [
        [...head, part(segment.source.slice(0, cut))],
        [part(segment.source.slice(cut)), ...rest],
      ]
    }
    begins = ends
  }
  return [segments, []]
}

function draw(segment: Segment, lines: boolean) {
  const { source } = segment
  switch (segment.kind) {
    case 'text':
      return source
    case 'mark':
      return <Mark label={segment.label} name={segment.name} count={segment.count} />
    case 'lookalike':
      return (
        <span class="alike" title={`Careful: ${segment.name}`}>
          {source}
        </span>
      )
    case 'isolate':
      return <bdi class="rtl">{source}</bdi>
    case 'space':
      if (source.length > LONGEST_SPACES) return <Mark label="U+0020" name="SPACE" count={source.length} />
      return <span class="sp">{source}</span>
    case 'tab':
      if (!lines || source.length > LONGEST_TABS) return <Mark label="U+0009" name="TAB" count={source.length} />
      return [...source].map(() => <span class="tab">{'\t'}</span>)
    case 'newline':
      if (!lines) return <Mark label="U+000A" name="LINE FEED" count={source.length} />
      if (source.length > LONGEST_BREAKS) {
        return (
          <>
            <Mark label="U+000A" name="LINE FEED" count={source.length} />
            <br />
          </>
        )
      }
      return [...source].map(() => <span class="nl">{'\n'}</span>)
  }
}

function Mark({ label, name, count }: { label: string; name: string; count: number }) {
  return (
    <span class="mark" title={`${label} ${name}`}>
      {count > 1 ? `${label} ×${count}` : label}
    </span>
  )
}
