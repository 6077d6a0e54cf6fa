import { z } from 'zod'
import { AppError } from '../../lib/errors.ts'

const DEFAULT_LIMIT = 50
const MOST_LIMIT = 200

export const PageQuery = z.object({
  limit: z.coerce.number().int().min(1).max(MOST_LIMIT).default(DEFAULT_LIMIT).describe('How many at once'),
  cursor: z.string().max(1_000).optional().describe('next_cursor of the page before'),
})

export const listOf = <Item extends z.ZodType>(item: Item) =>
  z.object({
    items: z.array(item),
    next_cursor: z.string().nullable().describe('For the next page; null on the last'),
    total: z.int().describe('On all pages together'),
    total_is_exact: z.boolean().describe('False where there are more than total, which are not counted'),
  })

/** One page of a list that is at hand whole, in the order of its keys. */
export function pageOf<Item>(
  items: readonly Item[],
  keyOf: (item: Item) => string,
  { limit, cursor }: z.output<typeof PageQuery>,
): { items: Item[]; next_cursor: string | null; total: number; total_is_exact: boolean } {
  const after = cursor === undefined ? null : readCursor(cursor)
  const keyed = items.map((item) => ({ item, key: keyOf(item) })).sort((a, b) => (a.key < b.key ? -1 : 1))
  const rest = keyed.filter(({ key }) => after === null || key > after)
  const page = rest.slice(0, limit)
  const last = page.at(-1)
  return {
    items: page.map(({ item }) => item),
    next_cursor: last && rest.length > limit ? writeCursor(last.key) : null,
    total: items.length,
    total_is_exact: true,
  }
}

/** Opaque to the caller: the key of the last item, so that what comes and goes between two pages shifts nothing. */
const writeCursor = (key: string): string => Buffer.from(key).toString('base64url')

function readCursor(cursor: string): string {
  const key = Buffer.from(cursor, 'base64url').toString()
  if (writeCursor(key) !== cursor) throw notOurs()
  return key
}

export const notOurs = () =>
  new AppError('bad_request', 'That cursor is not one of ours. Leave it out to start from the first page.')
