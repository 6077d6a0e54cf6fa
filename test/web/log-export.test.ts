import { expect, test } from 'bun:test'
import type { PastCall } from '../../src/approvals/approvals.ts'
import { exportCalls } from '../../src/web/log-export.ts'
import { until } from '../harness/everything.ts'

const call = (id: string) => ({ id, askedAt: 1_795_000_000_000, decidedAt: null, settledAt: null }) as PastCall
const place = (id: string) => ({ askedAt: 1, id })

test('pages on which nothing is found do not end a file before the last', async () => {
  const pages = [[], [], ['first'], [], [], ['second', 'third'], []]
  let asked = 0
  const file = exportCalls(async (before) => {
    expect(before?.id ?? '0').toBe(String(asked))
    const ids = pages[asked++] ?? []
    return { calls: ids.map(call), older: asked < pages.length ? place(String(asked)) : null }
  }, 'jsonl')
  const lines = (await file.text()).trimEnd().split('\n')
  expect(lines.map((line) => JSON.parse(line).id)).toEqual(['first', 'second', 'third'])
  expect(asked).toBe(pages.length)
})

test('whoever gives up a download is searched for no longer', async () => {
  let asked = 0
  const file = exportCalls(async () => {
    asked++
    await Bun.sleep(1)
    return { calls: [], older: place('on') }
  }, 'csv')
  const reader = file.body?.getReader()
  await reader?.read()
  await until(() => asked > 3)
  await reader?.cancel()
  const last = asked
  await Bun.sleep(30)
  expect(asked).toBeLessThanOrEqual(last + 1)
})
