import { canonicalJson } from '../../lib/canonical-json.ts'
import { parseExactJson } from '../../lib/exact-json.ts'
import { isJsonObject, type JsonObject, type JsonValue } from '../../lib/json.ts'
import type { FieldKind, PlannedField } from './planned-fields.ts'

/** What stands in the fields, by their keys; what is not there is empty. */
export type Typed = ReadonlyMap<string, string>

export interface Reading {
  value: JsonObject
  /** What has to be mended, by key. */
  errors: ReadonlyMap<string, string>
}

/** Browsers send every line break as two characters. */
export const typedFromForm = (form: URLSearchParams): Typed =>
  new Map([...form].filter(([key]) => key.startsWith('/')).map(([key, text]) => [key, text.replaceAll('\r\n', '\n')]))

/** What a fresh form begins with: what is required and has a value that its server would take. */
export function typedAtFirst(fields: PlannedField[]): Typed {
  const typed = new Map<string, string>()
  const begin = ({ required, fallback, key, kind }: PlannedField) => {
    if (kind.is === 'group') kind.fields.forEach(begin)
    else if (required && fallback !== undefined) {
      const text = textOf(kind, fallback)
      if (text !== null) typed.set(key, text)
    }
  }
  fields.forEach(begin)
  return typed
}

/** Null when these arguments would not come out of the form as they are. */
export function typedFromArguments(fields: PlannedField[], value: JsonObject): Typed | null {
  const typed = new Map<string, string>()
  const fill = (among: PlannedField[], object: JsonObject): boolean =>
    among.every(({ name, key, kind }) => {
      const own = Object.hasOwn(object, name) ? object[name] : undefined
      if (own === undefined) return true
      if (kind.is === 'group') return isJsonObject(own) && fill(kind.fields, own)
      const text = textOf(kind, own)
      if (text !== null) typed.set(key, text)
      return text !== null || own === null
    })
  if (!fill(fields, value) || [...typed.values()].some((text) => text.includes('\r'))) return null
  const { value: again } = readTyped(fields, typed)
  return canonicalJson(again) === canonicalJson(value) ? typed : null
}

/** The text that stands for a value in a field of this kind; null when none does. */
function textOf(kind: FieldKind, value: JsonValue): string | null {
  switch (kind.is) {
    case 'text':
      return typeof value === 'string' ? value : null
    case 'number':
      return typeof value === 'number' ? JSON.stringify(value) : null
    case 'choice':
    case 'json':
      return value === null && kind.is === 'choice' ? null : JSON.stringify(value)
    case 'lines':
      if (!Array.isArray(value)) return null
      return value.map((item) => (typeof item === 'string' ? item : JSON.stringify(item))).join('\n')
    case 'group':
      return null
  }
}

/** The arguments that stand in the fields. Pure. */
export function readTyped(fields: PlannedField[], typed: Typed): Reading {
  const errors = new Map<string, string>()

  function readGroup(among: PlannedField[]): JsonObject {
    // Not by assignment: a name such as __proto__ is a name like any other.
    return Object.fromEntries(
      among.flatMap((field): [string, JsonValue][] => {
        const value = readField(field)
        return value === undefined ? [] : [[field.name, value]]
      }),
    )
  }

  function readField({ key, kind, required, nullable }: PlannedField): JsonValue | undefined {
    if (kind.is === 'group') {
      const isGiven = required || holdsAnything(kind.fields, typed)
      return isGiven ? readGroup(kind.fields) : undefined
    }
    const text = typed.get(key) ?? ''
    if (kind.is === 'text' ? text === '' : text.trim() === '') {
      if (!required) return undefined
      if (nullable) return null
      if (kind.is === 'lines') return []
      errors.set(key, EMPTY[kind.is])
      return undefined
    }
    const read = readText(kind, text)
    if ('error' in read) {
      errors.set(key, read.error)
      return undefined
    }
    return read.value
  }

  return { value: readGroup(fields), errors }
}

const EMPTY = {
  text: 'This is required. If it is to be an empty text, write the arguments as JSON.',
  number: 'This is required.',
  choice: 'Choose one.',
  json: 'This is required.',
} as const

const holdsAnything = (fields: PlannedField[], typed: Typed): boolean =>
  fields.some(({ key, kind }) =>
    kind.is === 'group' ? holdsAnything(kind.fields, typed) : (typed.get(key) ?? '').trim() !== '',
  )

type Read = { value: JsonValue } | { error: string }

function readText(kind: Exclude<FieldKind, { is: 'group' }>, text: string): Read {
  switch (kind.is) {
    case 'text':
      return { value: text }
    case 'number':
      return readNumber(text, kind.whole)
    case 'choice': {
      const value = kind.values.find((each) => JSON.stringify(each) === text)
      return value === undefined ? { error: 'Choose one of these.' } : { value }
    }
    case 'lines':
      return readLines(text, kind.of)
    case 'json':
      return readJson(text)
  }
}

function readLines(text: string, of: 'text' | 'number' | 'whole'): Read {
  const lines = text.split('\n').filter((line) => line.trim() !== '')
  if (of === 'text') return { value: lines }
  const values: JsonValue[] = []
  for (const line of lines) {
    const read = readNumber(line, of === 'whole')
    if ('error' in read) return { error: `${read.error} One on each line.` }
    values.push(read.value)
  }
  return { value: values }
}

function readNumber(text: string, whole: boolean): Read {
  const digits = text.trim()
  const wanted = whole ? 'Write a whole number, such as 12.' : 'Write a number, such as 12.5.'
  if (!/^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/.test(digits)) return { error: wanted }
  const read = readJson(digits)
  return 'value' in read && whole && !Number.isInteger(read.value) ? { error: wanted } : read
}

/** As arguments from an agent are read: a number that would silently become another is none. */
export function readJson(text: string): Read {
  try {
    const { value, inexact } = parseExactJson(text)
    return inexact.length === 0 ? { value } : { error: inexactWords(inexact[0] ?? '') }
  } catch {
    return { error: 'That is not JSON. Texts stand in "quotes", and nothing follows the last value of a list.' }
  }
}

const inexactWords = (source: string): string =>
  `The number ${source.slice(0, 40)} cannot be held exactly: numbers are IEEE doubles. Use one that can be, or a text.`
