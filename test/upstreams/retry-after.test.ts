import { expect, test } from 'bun:test'
import { LONGEST_RETRY_AFTER_MS, retryAfterMs } from '../../src/upstreams/retry-after.ts'

const NOW = Date.parse('2026-11-27T10:00:00Z')
const HOUR_MS = 60 * 60_000

test.each<[what: string, headers: Record<string, string>, ms: number | null]>([
  ['nothing', {}, null],
  ['seconds', { 'retry-after': '120' }, 120_000],
  ['no time at all', { 'retry-after': '0' }, 0],
  ['blanks around seconds', { 'retry-after': '  7 ' }, 7_000],
  ['a date', { 'retry-after': 'Fri, 27 Nov 2026 10:01:30 GMT' }, 90_000],
  ['a date of the oldest form', { 'retry-after': 'Friday, 27-Nov-26 10:01:30 GMT' }, 90_000],
  ['a date that is over', { 'retry-after': 'Fri, 27 Nov 2026 09:00:00 GMT' }, 0],
  [
    'a date by a clock that is two hours fast',
    { 'retry-after': 'Fri, 27 Nov 2026 12:00:30 GMT', date: 'Fri, 27 Nov 2026 12:00:00 GMT' },
    30_000,
  ],
  ['a date beside nonsense', { 'retry-after': 'Fri, 27 Nov 2026 10:01:00 GMT', date: 'soon' }, 60_000],
  ['a year', { 'retry-after': '31536000' }, HOUR_MS],
  ['more than a number holds', { 'retry-after': '9'.repeat(400) }, HOUR_MS],
  ['a date in a hundred years', { 'retry-after': 'Fri, 27 Nov 2126 10:00:00 GMT' }, HOUR_MS],
  ['a negative number', { 'retry-after': '-5' }, null],
  ['half a second', { 'retry-after': '0.5' }, null],
  ['a word', { 'retry-after': 'soon' }, null],
  ['a number of another base', { 'retry-after': '0x10' }, null],
  ['two values', { 'retry-after': '1, 2' }, null],
])('a server that says %s', (_what, headers, ms) => {
  expect(retryAfterMs(new Headers(headers), NOW)).toBe(ms)
})

test('nobody is left alone for longer than an hour', () => {
  expect(LONGEST_RETRY_AFTER_MS).toBe(HOUR_MS)
})
