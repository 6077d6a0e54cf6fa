/** Splits `createPullRequest`, `create_pull_request` and "create pull-request" into the same words. */
export function words(text: string): string[] {
  return text
    .replace(/([\p{Ll}\p{N}])(\p{Lu})/gu, '$1 $2')
    .replace(/(\p{Lu})(\p{Lu}\p{Ll})/gu, '$1 $2')
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== '')
}

/** Text for the index: as written and split, so that both forms are found. */
export const indexText = (text: string): string => `${text} ${words(text).join(' ')}`

const MAX_WORDS = 16
/** Words of a sentence that say nothing of a tool; each stands in most descriptions, and would rank every tool there is. */
const EMPTY_WORDS = new Set(
  'a an and are as at be by can could do does for from has have how i in into is it its me my of on or our please should that the their them then there these they this those to us want was we were what when where which who will with would you your'.split(
    ' ',
  ),
)

export interface Match {
  all: string
  any: string
  /** The words without anything between them, all and only the telling ones, to see whether they hold a tool's whole name. */
  plain: string
}

/** FTS5 expressions for a query; null when it holds no word. Each word matches as a prefix and is quoted, so no query is FTS5 syntax. */
export function matchExpressions(query: string): Match | null {
  const given = words(query)
  const telling = given.filter((word) => !EMPTY_WORDS.has(word.toLowerCase()))
  const wanted = (telling.length > 0 ? telling : given).slice(0, MAX_WORDS)
  if (wanted.length === 0) return null
  const quoted = wanted.map((word) => `"${word}"*`)
  return {
    all: quoted.join(' AND '),
    any: quoted.join(' OR '),
    plain: `${given.join('')} ${wanted.join('')}`.toLowerCase(),
  }
}

/** Names within a few typing errors of `wanted`, nearest first. */
export function nearNames(wanted: string, names: readonly string[], most = 3): string[] {
  const plain = (name: string) => words(name).join('').toLowerCase()
  const target = plain(wanted)
  return names
    .map((name) => ({ name, distance: nearness(target, plain(name)) }))
    .filter(({ distance }) => distance <= Math.max(2, target.length / 3))
    .sort((a, b) => a.distance - b.distance || a.name.localeCompare(b.name))
    .slice(0, most)
    .map(({ name }) => name)
}

function nearness(wanted: string, name: string): number {
  if (wanted.length >= 3 && (name.includes(wanted) || wanted.includes(name))) return 1
  return Math.abs(wanted.length - name.length) > 8
    ? Number.POSITIVE_INFINITY
    : editDistance(wanted.slice(0, 64), name.slice(0, 64))
}

function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const substitute = (previous[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      row.push(Math.min(substitute, (previous[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1))
    }
    previous = row
  }
  return previous[b.length] ?? 0
}
