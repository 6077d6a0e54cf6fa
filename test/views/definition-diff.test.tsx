import { describe, expect, test } from 'bun:test'
import { changedParts, DefinitionDiff } from '../../views/parts/definition-diff.tsx'
import { renderFragment } from '../../views/render.ts'
import type { DefinitionChange } from '../../views/types.ts'
import { changeWith } from './every-page.tsx'
import { unmarked } from './markup.ts'

const entry = (over: Partial<DefinitionChange>): DefinitionChange => ({
  part: 'description',
  path: [{ kind: 'keyword', name: 'description' }],
  before: 'before',
  after: 'after',
  isText: true,
  items: null,
  ...over,
})
const html = (...changes: DefinitionChange[]) =>
  renderFragment(<DefinitionDiff change={{ since: 'seen', changes, more: 0 }} />)
const text = (markup: string) =>
  unmarked(markup.replace(/<(?!span class="mark"|\/span)[^>]*>/g, ' ')).replace(/\s+/g, ' ')

describe('a change', () => {
  test('shows both texts whole, however long, and sets off what differs', () => {
    const common = 'so it goes on and on '.repeat(500)
    const shown = html(entry({ before: `${common}quietly`, after: `${common}loudly` }))
    expect(shown).toContain(`${common}<span class="differs">quietly</span>`)
    expect(shown).toContain(`${common}<span class="differs">loudly</span>`)
  })

  test.each([
    ['a zero width space', 'to pay\u200bpal', 'U+200B'],
    ['a character that turns the direction', 'to \u202emoc.liame', 'U+202E'],
    ['a tag character', 'to me\u{e0041}', 'U+E0041'],
  ])('shows %s as a mark, set off or not', (_what, after, label) => {
    for (const before of ['to nobody', after.replace('to', 'for')]) {
      const shown = html(entry({ before, after }))
      expect(shown).toContain(`>${label}</span>`)
      expect(shown).not.toContain(after)
      expect(text(shown)).toContain([...after].at(-1) ?? '')
    }
  })

  test('marks a look-alike letter also where the words around it are set off', () => {
    expect(html(entry({ before: 'pays at paypal now', after: 'pays at pаypal now' }))).toContain('class="alike"')
  })

  test('keeps the names that a server chose apart from our own words', () => {
    const path = (['inputSchema', 'properties', 'Now'] as const).map((name, i) => ({
      kind: i === 2 ? ('member' as const) : ('keyword' as const),
      name,
    }))
    const shown = html(entry({ part: 'input', path, before: null, after: '{"type":"string"}', isText: false }))
    expect(shown).toContain('<bdi class="line" dir="ltr">Now</bdi>')
    expect(shown).not.toContain('inputSchema')
    expect(shown).not.toContain('>properties<')
  })

  test('to nothing, or from nothing, says so', () => {
    expect(text(html(entry({ before: null })))).toContain('added')
    expect(text(html(entry({ after: null })))).toContain('removed')
  })

  test('of a set shows what came and what went', () => {
    const items = { added: ['"btc"'], removed: ['"eur"', '"usd"'], more: 3 }
    expect(text(html(entry({ part: 'input', items })))).toContain('Added: "btc" Removed: "eur" "usd" And 3 more.')
  })
})

test('changes that are not listed are counted, and why that matters is said', () => {
  const shown = text(renderFragment(<DefinitionDiff change={changeWith('x', { more: 41 })} />))
  expect(shown).toContain('41 more changes are not listed. So many hide one among them')
})

test('in few words it names the parts that changed, in the order in which a person reads', () => {
  expect(changedParts({ changes: [entry({ part: 'input' }), entry({})], more: 0 })).toBe(
    'what the server says it does, what it takes',
  )
  expect(changedParts({ changes: [], more: 0 })).toBe('nobody knows in what')
})

test('the worst that a definition may hold is a page that a browser can open, and drawn within a second', () => {
  const half = 250 * 1024
  const worst = (char: string) => `${char}\u200b\u200c`.repeat(half / 7)
  const began = performance.now()
  const shown = html(entry({ before: worst('a'), after: worst('b') }))
  expect(performance.now() - began).toBeLessThan(2_000)
  expect(shown.length).toBeLessThan(30 * 1024 * 1024)
})
