import { canonicalJson } from '../lib/canonical-json.ts'
import { isJsonObject, type JsonObject, type JsonValue } from '../lib/json.ts'

/** The last words of names under which arguments say what they are about: id, issue_id, filePath, to. */
const NAMES_A_THING = new Set(
  'id ids key slug name number path file url uri email to recipient owner repo repository project channel customer account user'.split(
    ' ',
  ),
)
/** Values that look like the name of one thing among many: an id, an address, a path. Dates are not. */
const LOOKS_LIKE_A_NAME = /^(?!\d{4}-\d\d-\d\d)(?=\S*[0-9@/])\S{1,256}$/

const lastWord = (name: string): string =>
  name
    .replace(/([a-z])([A-Z])/g, '$1_$2')
    .toLowerCase()
    .split(/[^a-z]/)
    .at(-1) ?? ''

/**
 * Whether two calls of one tool are about the same thing, so that what differs between them is worth being told apart.
 * A guess from the arguments alone, on which nothing hangs but a comparison on a page: what names a thing is all equal; where no name of
 * an argument says that it does, what looks like it; and where nothing does, at least half of everything.
 */
export function concernTheSame(before: JsonValue, after: JsonValue): boolean {
  if (!isJsonObject(before) || !isJsonObject(after)) return false
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])]
  const isEqual = (name: string) => {
    const [was, is] = [own(before, name), own(after, name)]
    return was !== undefined && is !== undefined && canonicalJson(was) === canonicalJson(is)
  }
  const named = names.filter((name) => NAMES_A_THING.has(lastWord(name)))
  if (named.length > 0) return named.every(isEqual)
  const looking = names.filter((name) =>
    [own(before, name), own(after, name)].some((value) => typeof value === 'string' && LOOKS_LIKE_A_NAME.test(value)),
  )
  if (looking.length > 0) return looking.every(isEqual)
  const equal = names.filter(isEqual).length
  return equal > 0 && equal * 2 >= names.length
}

/** A name such as `__proto__` must not find what every object inherits. */
const own = (object: JsonObject, name: string): JsonValue | undefined =>
  Object.hasOwn(object, name) ? object[name] : undefined
