import type { ComponentChildren } from 'preact'
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
  differs = [],
  inExcerpt = false,
}: {
  text: string
  quiet?: boolean
  /** What is set off, since it is another than in the text beside it: from the front to the back. */
  differs?: Range[]
  /** Of what does not differ only what stands near; for a text that is shown whole elsewhere on the page. */
  inExcerpt?: boolean
}) {
  return (
    <div class={quiet ? 'exact exact-quiet' : 'exact'} dir="ltr">
      {text === '' ? (
        <span class="nothing">empty</span>
      ) : (
        <Marked text={text} lines differs={differs} inExcerpt={inExcerpt} />
      )}
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

interface MarkedProps {
  text: string
  lines?: boolean
  differs?: Range[]
  inExcerpt?: boolean
}

function Marked({ text, lines = false, differs = [], inExcerpt = false }: MarkedProps) {
  const drawAll = (segments: Segment[]) => segments.map((segment) => draw(segment, lines))
  const shown: ComponentChildren[] = []
  let rest = markText(text)
  let at = 0
  const take = (until: number) => {
    const [taken, left] = divide(rest, until - at)
    rest = left
    at += lengthOf(taken)
    return taken
  }
  const unchanged = (segments: Segment[], sides: { before: boolean; after: boolean }) =>
    inExcerpt
      ? excerpt(segments, sides).map((each) =>
          typeof each === 'number' ? <Skipped count={each} /> : draw(each, lines),
        )
      : drawAll(segments)
  for (const [index, { from, to }] of differs.entries()) {
    shown.push(unchanged(take(from), { before: index > 0, after: true }))
    shown.push(<span class="differs">{drawAll(take(to))}</span>)
  }
  return (
    <>
      {shown}
      {differs.length === 0 ? drawAll(rest) : unchanged(rest, { before: true, after: false })}
    </>
  )
}

const NEARBY = 40
const LEAST_SKIPPED = 80

/** Of a stretch between differences its ends, and how many characters there are between them. */
function excerpt(segments: Segment[], { before, after }: { before: boolean; after: boolean }): (Segment | number)[] {
  const length = lengthOf(segments)
  const [head, tail] = [before ? NEARBY : 0, after ? NEARBY : 0]
  if (length <= head + tail + LEAST_SKIPPED) return segments
  const [first, rest] = divide(segments, head)
  const [middle, last] = divide(rest, length - lengthOf(first) - tail)
  return [...first, lengthOf(middle), ...last]
}

function Skipped({ count }: { count: number }) {
  return <span class="skipped">… {count} characters as before …</span>
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
      const cut = afterCharacter(segment.source, at - begins)
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

/** Half of a pair is no character, and a mark that is drawn on the character before would be drawn on our own words. */
function afterCharacter(text: string, at: number): number {
  let end = at
  while (end < text.length && /^[\p{M}\p{Cs}]/u.test(text.slice(end, end + 2))) end++
  return end
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
