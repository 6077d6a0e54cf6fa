import { createScanner, findNodeAtLocation, type Node } from 'jsonc-parser'
import type { JsonValue } from '../../lib/json.ts'

// Edits of one property in the text of JSON with comments. jsonc-parser's own edits format what stands around them and take
// comments along; these touch nothing else, and what was put in comes out again without a trace.

interface Token {
  isComma: boolean
  start: number
  end: number
}

/** Puts a property at the end of an object, or a new value in place of the one it has. */
export function setProperty(text: string, object: Node, name: string, value: JsonValue): string {
  const { children = [], offset, length } = object
  const existing = findNodeAtLocation(object, [name])
  const eol = text.includes('\r\n') ? '\r\n' : '\n'
  const unit = /^([ \t]+)\S/m.exec(text)?.[1] ?? '  '
  if (existing) {
    const written = indented(value, unit, indentAt(text, existing.offset), eol)
    return splice(text, existing.offset, existing.offset + existing.length, written)
  }
  const close = offset + length - 1
  const last = children.at(-1)
  const between = tokens(text, last ? last.offset + last.length : offset + 1, close)
  const hasComma = between.some(({ isComma }) => isComma)
  const after = between.at(-1)?.end ?? (last ? last.offset + last.length : offset + 1)
  const isOneLine = last !== undefined && !text.slice(offset, close).includes('\n')
  const inner = last && !isOneLine ? indentAt(text, last.offset) : indentAt(text, offset) + unit
  const property = `${JSON.stringify(name)}: ${isOneLine ? JSON.stringify(value) : indented(value, unit, inner, eol)}`
  const added = `${isOneLine ? ' ' : eol + inner}${property}${hasComma ? ',' : ''}`
  // An empty object has no line for its closing brace yet.
  const rest = last ? text.slice(after) : eol + indentAt(text, offset) + text.slice(close)
  const head =
    last && !hasComma
      ? splice(text.slice(0, after), last.offset + last.length, last.offset + last.length, ',')
      : text.slice(0, after)
  return head + added + rest
}

/** Takes a property out, with the comma that it needed. */
export function removeProperty(text: string, object: Node, name: string): string {
  const { children = [], offset, length } = object
  const index = children.findIndex(({ children: [key] = [] }) => key?.value === name)
  const property = children[index]
  if (!property) return text
  const [start, end] = [property.offset, property.offset + property.length]
  const previous = children[index - 1]
  const next = children[index + 1]
  const before = tokens(text, previous ? previous.offset + previous.length : offset + 1, start)
  const behind = tokens(text, end, next?.offset ?? offset + length - 1)
  const isAlone = children.length === 1 && [...before, ...behind].every(({ isComma }) => isComma)
  if (isAlone) return splice(text, offset + 1, offset + length - 1, '')
  const own = behind.find(({ isComma }) => isComma)
  const from = before.at(-1)?.end ?? (previous ? previous.offset + previous.length : offset + 1)
  const without = splice(text, from, own?.end ?? end, '')
  const needed = own ? undefined : before.find(({ isComma }) => isComma)
  return needed ? splice(without, needed.start, needed.end, '') : without
}

/** Commas and comments between two places. */
function tokens(text: string, from: number, to: number): Token[] {
  const scanner = createScanner(text)
  scanner.setPosition(from)
  const found: Token[] = []
  for (;;) {
    scanner.scan()
    const start = scanner.getTokenOffset()
    const end = start + scanner.getTokenLength()
    if (start >= to || end === start) return found
    const token = text.slice(start, end)
    if (token.trim() !== '') found.push({ isComma: token === ',', start, end })
  }
}

const splice = (text: string, from: number, to: number, between: string): string =>
  text.slice(0, from) + between + text.slice(to)

/** What the line of a place begins with. */
const indentAt = (text: string, offset: number): string =>
  /^[ \t]*/.exec(text.slice(text.lastIndexOf('\n', offset - 1) + 1))?.[0] ?? ''

const indented = (value: JsonValue, unit: string, indent: string, eol: string): string =>
  JSON.stringify(value, null, unit).replaceAll('\n', eol + indent)
