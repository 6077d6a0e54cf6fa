import {
  characterName,
  codePointLabel,
  hidesItsBase,
  isCombining,
  isDigit,
  isInvisible,
  isJamo,
  isRightToLeft,
} from './character-class.ts'
import { findLookalikes } from './lookalikes.ts'

/**
 * A piece of text and how a person must see it. The sources of all segments, joined, are the text.
 * isolate: right-to-left letters, laid out apart so that they cannot reorder what stands beside them.
 * mark: characters shown by their code instead of themselves.
 */
export type Segment =
  | { kind: 'text' | 'space' | 'newline' | 'tab' | 'isolate'; source: string }
  | { kind: 'lookalike'; source: string; name: string }
  | { kind: 'mark'; source: string; label: string; name: string; count: number }

const PLAIN = /^[!-~]+(?: [!-~]+)*$/
const MARKS_PER_BASE = 2

/** Splits text so that nothing in it is invisible, reorders its neighbours, or looks like other text. */
export function markText(text: string): Segment[] {
  if (text === '') return []
  if (PLAIN.test(text)) return [{ kind: 'text', source: text }]
  const segments: Segment[] = []
  const lookalikes = findLookalikes(text)
  const composed = text.normalize('NFC') === text
  // The base character and the marks already drawn on it; '' where a mark would land on our own words.
  let cluster = ''
  let clusterMarks = 0
  let at = 0

  for (const char of text) {
    const offset = at
    at += char.length
    const combining = isCombining(char) && !isInvisible(char)
    if (combining) clusterMarks += 1

    if (char === ' ') {
      const shown = spaceIsShown(text, offset)
      if (shown) push(segments, { kind: 'space', source: char })
      else if (joinsRightToLeft(segments.at(-1), text, at)) extend(segments, char)
      else push(segments, { kind: 'text', source: char })
      cluster = ''
    } else if (char === '\n' || char === '\t') {
      push(segments, { kind: char === '\n' ? 'newline' : 'tab', source: char })
      cluster = ''
    } else if (isInvisible(char)) {
      push(segments, mark(char))
      cluster = ''
    } else if (combining) {
      // Behind a mark it would be drawn on our own label, and not be counted there.
      const hasBase = cluster !== '' && segments.at(-1)?.kind !== 'mark'
      const drawable = hasBase && clusterMarks <= MARKS_PER_BASE && !hidesItsBase(char)
      if (drawable && (composed || staysAsWritten(cluster, char))) extend(segments, char)
      else push(segments, mark(char))
      if (clusterMarks <= MARKS_PER_BASE && cluster !== '') cluster += char
    } else if (isJamo(char) || (!composed && !staysAsWritten(cluster, char))) {
      push(segments, mark(char))
      cluster = ''
      clusterMarks = 0
    } else {
      const lookalike = lookalikes.get(offset)
      if (lookalike) push(segments, { kind: 'lookalike', source: char, name: lookalike })
      else if (isRightToLeft(char)) pushRightToLeft(segments, char)
      else push(segments, { kind: 'text', source: char })
      cluster = char
      clusterMarks = 0
    }
  }
  return segments
}

/** The same for where no element can stand, as in an option: whatever is marked is written out as its code. */
export function spelledOut(text: string): string {
  const spell = (segment: Segment): string => {
    switch (segment.kind) {
      case 'mark':
        return `[${segment.label}]`
      case 'newline':
      case 'tab':
        return `[${codePointLabel(segment.source)}]`
      default:
        return segment.source
    }
  }
  return markText(text).map(spell).join('')
}

function mark(char: string): Segment {
  return { kind: 'mark', source: char, label: codePointLabel(char), name: characterName(char), count: 1 }
}

/** A space shows where the eye would miss it: at an end of the text or line, or beside another. */
function spaceIsShown(text: string, offset: number): boolean {
  const before = text[offset - 1]
  const after = text[offset + 1]
  return [before, after].some((side) => side === undefined || side === ' ' || side === '\n' || side === '\t')
}

/** False where normalization would turn the characters into others, so that two texts would look the same. */
function staysAsWritten(cluster: string, char: string): boolean {
  return (cluster + char).normalize('NFC') === cluster.normalize('NFC') + char
}

function joinsRightToLeft(last: Segment | undefined, text: string, next: number): boolean {
  if (last?.kind !== 'isolate' || isDigit([...last.source].at(-1) ?? '')) return false
  const after = String.fromCodePoint(text.codePointAt(next) ?? 0)
  return isRightToLeft(after) && !isDigit(after)
}

/** Numbers stand alone: among right-to-left words their order would flip. */
function pushRightToLeft(segments: Segment[], char: string): void {
  const last = segments.at(-1)
  const joins = last?.kind === 'isolate' && isDigit([...last.source].at(-1) ?? '') === isDigit(char)
  if (joins) last.source += char
  else segments.push({ kind: 'isolate', source: char })
}

function push(segments: Segment[], next: Segment): void {
  const last = segments.at(-1)
  if (last?.kind === 'mark' && next.kind === 'mark' && last.label === next.label) {
    last.count += 1
    last.source += next.source
  } else if (last && last.kind !== 'mark' && last.kind === next.kind && nameOf(last) === nameOf(next)) {
    last.source += next.source
  } else {
    segments.push(next)
  }
}

const nameOf = (segment: Segment) => ('name' in segment ? segment.name : '')

function extend(segments: Segment[], char: string): void {
  const last = segments.at(-1)
  if (last) last.source += char
}
