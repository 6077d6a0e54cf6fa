import { describe, expect, test } from 'bun:test'
import { flawsOf } from '../../scripts/check-catalogue.ts'
import { createCatalogue } from '../../src/catalogue/catalogue.ts'
import entries from '../../src/catalogue/integrations.json'

const catalogue = createCatalogue()
type Entry = (typeof entries)[number]
const [first] = entries as [Entry]

test('all 133 integrations pass the schema and read well beside each other', () => {
  expect(catalogue.all()).toHaveLength(133)
  expect(flawsOf(entries)).toEqual([])
})

describe('an entry that', () => {
  const broken: [what: string, entry: object][] = [
    ['has no documentation', { docsUrl: undefined }],
    ['is reached over plain http', { url: 'http://mcp.example.com' }],
    ['offers no way to sign in', { auth: [] }],
    [
      'formats a token without the token',
      { auth: [{ method: 'token', label: 'x', header: 'X', format: 'x', acquireUrl: 'https://x.example' }] },
    ],
    ['holds a field that nobody knows', { colour: 'red' }],
    ['says nothing of who may connect it', { access: undefined }],
  ]
  test.each(broken)('%s stops the start', (_, over) => {
    expect(() => createCatalogue([{ ...first, ...over }])).toThrow()
  })

  test('shares its id with another stops the start', () => {
    expect(() => createCatalogue([first, { ...first, name: 'Other' }])).toThrow('share an id')
  })

  test.each([
    [
      'stands out of order',
      [
        { ...first, id: 'b' },
        { ...first, id: 'a', name: 'x', url: 'https://x.example' },
      ],
      'sorted',
    ],
    [
      'has the address of another',
      [
        { ...first, id: 'a' },
        { ...first, id: 'b', name: 'x' },
      ],
      'same url',
    ],
    [
      'has the name of another',
      [
        { ...first, id: 'a' },
        { ...first, id: 'b', url: 'https://x.example' },
      ],
      'same name',
    ],
    ['ends its description with a stop', [{ ...first, description: 'Does things.' }], 'full stop'],
    ['goes on for too long', [{ ...first, description: 'x'.repeat(121) }], '120 characters'],
  ] as [string, Entry[], string][])('%s is named by the check', (_, list, words) => {
    expect(flawsOf(list).join()).toContain(words)
  })
})

test('a search finds by id, name, category and description, the nearest to the name first', () => {
  expect(catalogue.search('github')[0]?.id).toBe('github')
  expect(catalogue.search('payments').map(({ id }) => id)).toContain('stripe')
  expect(catalogue.search('')).toHaveLength(133)
  expect(catalogue.search('no such thing anywhere')).toEqual([])
})
