import type { JsonValue, ValueChange } from '../types.ts'
import { readableJson } from './arguments-tree.tsx'

// Nobody reads further; that there is more is said.
const MOST_LISTED = 50
// What differs deeper than this is told as one value: a path of that many names tells nobody where it is.
const DEEPEST = 12

export interface ArgumentsDiff {
  changes: ValueChange[]
  /** Changes beyond those that are listed. */
  more: number
}

/** What differs between the arguments of two calls, field by field; null where one of them cannot be read. */
export function diffArguments(beforeJson: string, afterJson: string): ArgumentsDiff | null {
  const [before, after] = [readableJson(beforeJson), readableJson(afterJson)]
  if (before === undefined || after === undefined) return null
  const changes: ValueChange[] = []
  let count = 0

  function compare(path: ValueChange['path'], before: JsonValue | undefined, after: JsonValue | undefined): void {
    const members = path.length < DEEPEST ? membersOf(before, after) : null
    if (members) {
      for (const [kind, name, b, a] of members) compare([...path, { kind, name }], b, a)
      return
    }
    if (JSON.stringify(before) === JSON.stringify(after)) return
    count++
    if (changes.length < MOST_LISTED) changes.push({ path, ...sides(before, after) })
  }

  compare([], before, after)
  return { changes, more: count - changes.length }
}

type Member = [kind: 'member' | 'index', name: string, before: JsonValue | undefined, after: JsonValue | undefined]

/** What two values are made of, if they are of one make: a list that grew or shrank is compared as a whole, since nobody knows where. */
function membersOf(before: JsonValue | undefined, after: JsonValue | undefined): Member[] | null {
  if (Array.isArray(before) && Array.isArray(after)) {
    if (before.length !== after.length) return null
    return before.map((item, index): Member => ['index', String(index), item, after[index]])
  }
  if (!isObject(before) || !isObject(after)) return null
  const names = new Set([...Object.keys(before), ...Object.keys(after)])
  return [...names].map((name): Member => ['member', name, own(before, name), own(after, name)])
}

const isObject = (value: JsonValue | undefined): value is { [key: string]: JsonValue } =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** A name such as `__proto__` must not find what every object inherits. */
const own = (object: { [key: string]: JsonValue }, name: string): JsonValue | undefined =>
  Object.hasOwn(object, name) ? object[name] : undefined

function sides(before: JsonValue | undefined, after: JsonValue | undefined): Omit<ValueChange, 'path'> {
  const isText = [before, after].every((value) => value === undefined || typeof value === 'string')
  const shown = (value: JsonValue | undefined) =>
    value === undefined ? null : isText ? String(value) : JSON.stringify(value)
  return { isText, before: shown(before), after: shown(after) }
}
