// For whoever adds an integration: bun run check-catalogue. Says in words what is wrong with which entry, or how many there are.

import { createCatalogue } from '../src/catalogue/catalogue.ts'
import entries from '../src/catalogue/integrations.json'

type Entry = (typeof entries)[number]

/** What the schema cannot see: order, doubles, and what reads badly beside the others. */
export function flawsOf(list: readonly Pick<Entry, 'id' | 'name' | 'description' | 'url'>[]): string[] {
  const flaws: string[] = []
  const seen = new Map<string, string>()
  for (const [index, { id, name, description, url }] of list.entries()) {
    const before = list[index - 1]
    if (before && before.id > id) flaws.push(`${id}: entries are sorted by id; this one comes before ${before.id}.`)
    for (const [what, value] of Object.entries({ name, url })) {
      const other = seen.get(`${what} ${value}`)
      if (other !== undefined) flaws.push(`${id}: ${other} has the same ${what}.`)
      seen.set(`${what} ${value}`, id)
    }
    if (/[.\s]$/.test(description)) flaws.push(`${id}: a description has no full stop or space at its end.`)
    if (description.length > 120)
      flaws.push(`${id}: a description has at most 120 characters, so that a row stays a row.`)
  }
  return flaws
}

if (import.meta.main) {
  createCatalogue(entries)
  const flaws = flawsOf(entries as Entry[])
  for (const flaw of flaws) console.error(flaw)
  console.log(`${entries.length} integrations, ${flaws.length} flaws`)
  process.exit(flaws.length === 0 ? 0 : 1)
}
