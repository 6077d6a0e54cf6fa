import type { JsonValue } from '../types.ts'
import { ExactLine, ExactText } from './exact-text.tsx'

// Deeper than this a phone has no width left to indent, so the rest of a branch is written as JSON.
const DEEPEST = 7
// Indentation grows with the square of the depth: 256 kB of brackets would become gigabytes of spaces.
const DEEPEST_PRETTY = 40
// Beyond this JSON.stringify runs out of stack.
const DEEPEST_PRINTABLE = 1000
const SHORT = 26

/** The arguments as a list that a person can read: each key, what kind of value it has, and the value whole. */
export function ArgumentsTree({ json }: { json: string }) {
  const value = readableJson(json)
  if (value === undefined) return <ExactText text={json} />
  if (!isBranch(value)) return <Value value={value} depth={0} />
  if (entriesOf(value).length === 0) return <p class="nothing">No arguments.</p>
  return <Branch value={value} depth={0} />
}

/** Pretty JSON for the exact view; the text itself where that would not help. */
export function prettyJson(json: string): string {
  const value = parse(json)
  return value === undefined || nesting(json) > DEEPEST_PRETTY ? json : JSON.stringify(value, null, 2)
}

/** Undefined for what is no JSON, or too deep to be written again. */
export const readableJson = (json: string): JsonValue | undefined =>
  nesting(json) > DEEPEST_PRINTABLE ? undefined : parse(json)

function parse(json: string): JsonValue | undefined {
  try {
    return JSON.parse(json)
  } catch {
    return undefined
  }
}

function nesting(json: string): number {
  let depth = 0
  let deepest = 0
  let quoted = false
  for (let at = 0; at < json.length; at += 1) {
    const char = json[at]
    if (quoted && char === '\\') at += 1
    else if (char === '"') quoted = !quoted
    else if (!quoted && (char === '[' || char === '{')) depth += 1
    else if (!quoted && (char === ']' || char === '}')) depth -= 1
    deepest = Math.max(deepest, depth)
  }
  return deepest
}

type Branching = JsonValue[] | { [key: string]: JsonValue }

const isBranch = (value: JsonValue): value is Branching => typeof value === 'object' && value !== null
const entriesOf = (value: Branching): [string, JsonValue][] => Object.entries(value)

/** Whether a value fits beside its key. */
function isShort(value: JsonValue): boolean {
  if (typeof value === 'string') return value.length <= SHORT && !value.includes('\n')
  return !isBranch(value) || entriesOf(value).length === 0
}

function kindOf(value: JsonValue): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return `list of ${value.length}`
  if (typeof value === 'object') return `object of ${entriesOf(value).length}`
  return typeof value
}

function Branch({ value, depth }: { value: Branching; depth: number }) {
  const list = Array.isArray(value)
  // The order of an object's keys means nothing, so what is short comes first: a huge value must not push it out of sight.
  const entries = list
    ? entriesOf(value)
    : entriesOf(value).sort(([, a], [, b]) => Number(isShort(b)) - Number(isShort(a)))
  return (
    <dl class="tree">
      {entries.map(([key, item]) => (
        <div class={isShort(item) ? 'entry' : 'entry entry-tall'}>
          <dt>
            {list ? <span class="index">{`item ${Number(key) + 1}`}</span> : <ExactLine text={key} />}
            <span class="kind">{kindOf(item)}</span>
          </dt>
          <dd>
            <Value value={item} depth={depth + 1} />
          </dd>
        </div>
      ))}
    </dl>
  )
}

function Value({ value, depth }: { value: JsonValue; depth: number }) {
  if (typeof value === 'string') return <ExactText text={value} />
  if (!isBranch(value)) return <div class="exact exact-atom">{String(value)}</div>
  if (entriesOf(value).length === 0)
    return <span class="nothing">empty {Array.isArray(value) ? 'list' : 'object'}</span>
  if (depth < DEEPEST) return <Branch value={value} depth={depth} />
  return <ExactText text={JSON.stringify(value)} />
}
