import { describe, expect, test } from 'bun:test'
import { concernTheSame } from '../../src/approvals/nearly-same.ts'
import type { JsonValue } from '../../src/lib/json.ts'

const REFUND = { charge: 'ch_3PqX', amount: 900, currency: 'eur', reason: 'requested by customer' }

describe('two calls are about the same thing', () => {
  test.each<[string, JsonValue, JsonValue]>([
    ['with the same path and other contents', { path: '/a.md', content: 'v1' }, { path: '/a.md', content: 'v2' }],
    ['with the same id, however it is called', { issueId: 7, title: 'a', x: 1 }, { issueId: 7, title: 'b', x: 2 }],
    ['with the same charge and another amount', REFUND, { ...REFUND, amount: 4200 }],
    ['with a date that moved', { id: 'e1', at: '2026-11-01' }, { id: 'e1', at: '2026-11-02T08:00:00Z' }],
    ['with one argument more', { id: 'e1' }, { id: 'e1', force: true }],
    ['where nothing names a thing, with half of all equal', { text: 'hi', loud: true }, { text: 'ho', loud: true }],
  ])('%s', (_, before, after) => {
    expect(concernTheSame(before, after)).toBe(true)
    expect(concernTheSame(after, before)).toBe(true)
  })
})

describe('they are not', () => {
  test.each<[string, JsonValue, JsonValue]>([
    ['with another charge', REFUND, { ...REFUND, charge: 'ch_other9' }],
    ['with one of two names another', { repo: 'a', number: 1, body: 'x' }, { repo: 'b', number: 1, body: 'x' }],
    ['to another recipient', { to: 'anna', body: 'same' }, { to: 'berta', body: 'same' }],
    ['where one names a thing and the other does not', { id: 'e1', x: 1 }, { x: 1 }],
    ['with nothing equal', { text: 'hi' }, { text: 'ho' }],
    ['without arguments', {}, {}],
    ['as lists', [1], [1]],
    ['by what every object inherits', JSON.parse('{"__proto__":{"id":1}}'), { constructor: 1 }],
  ])('%s', (_, before, after) => {
    expect(concernTheSame(before, after)).toBe(false)
    expect(concernTheSame(after, before)).toBe(false)
  })
})

test('a word that only ends like one is no name', () => {
  expect(concernTheSame({ photo: 'a', paid: 1, k: 1, l: 2 }, { photo: 'b', paid: 2, k: 1, l: 2 })).toBe(true)
})
