import { ExactText } from './exact-text.tsx'
import { hiddenTexts } from './hidden-text.ts'
import { markText } from './mark-text.ts'

interface Found {
  label: string
  name: string
  count: number
}

/** What markText had to point out in these texts, each kind once, most frequent first. */
export function findMarks(texts: string[]): { marks: Found[]; lookalikes: number } {
  const marks = new Map<string, Found>()
  let lookalikes = 0
  for (const text of texts) {
    for (const segment of markText(text)) {
      if (segment.kind === 'lookalike') lookalikes += [...segment.source].length
      if (segment.kind !== 'mark') continue
      const found = marks.get(segment.label)
      if (found) found.count += segment.count
      else marks.set(segment.label, { label: segment.label, name: segment.name, count: segment.count })
    }
  }
  return { marks: [...marks.values()].sort((a, b) => b.count - a.count), lookalikes }
}

const NAMED = 6

/** A warning in our own words, since the title of a mark cannot be read on a phone. */
export function MarksFound({ texts }: { texts: string[] }) {
  const { marks, lookalikes } = findMarks(texts)
  const hidden = [...new Set(texts.flatMap(hiddenTexts))]
  if (marks.length === 0 && lookalikes === 0) return null
  return (
    <div class="notice notice-warn" role="note">
      {marks.length > 0 && (
        <p>
          <strong>Hidden or unusual characters.</strong> They are shown as marks:{' '}
          {marks.slice(0, NAMED).map((found, index) => (
            <>
              {index > 0 && ', '}
              <span class="mark">{found.label}</span> {found.name.toLowerCase()}
              {found.count > 1 && ` (${found.count} times)`}
            </>
          ))}
          {marks.length > NAMED && ` and ${marks.length - NAMED} more kinds`}.
        </p>
      )}
      {hidden.length > 0 && (
        <>
          <p>
            <strong>Hidden words.</strong> Spelt in such characters, a program reads and nobody sees:
          </p>
          {hidden.slice(0, NAMED).map((text) => (
            <ExactText text={text} quiet />
          ))}
          {hidden.length > NAMED && <p>And {hidden.length - NAMED} more.</p>}
        </>
      )}
      {lookalikes > 0 && (
        <p>
          <strong>Look-alike letters.</strong> {lookalikes === 1 ? 'One letter is' : `${lookalikes} letters are`} not
          what {lookalikes === 1 ? 'it seems' : 'they seem'}, <span class="alike">marked like this</span>.
        </p>
      )}
    </div>
  )
}
