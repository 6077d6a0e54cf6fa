import { expect, test } from 'bun:test'
import { join } from 'node:path'
import { FROM_SOURCE, run } from '../harness/program.ts'
import { tempDir } from '../harness/temp-dir.ts'

interface Figure {
  value: number
  low: number
  high: number
  samples: number
}
type Column = 'measured' | 'direct' | 'legacy' | 'modern'
type Row = { what: string; unit: string; reached: boolean | null } & { [column in Column]?: Figure }

const COLUMNS: Column[] = ['measured', 'direct', 'legacy', 'modern']
/** How big a quick run is may change; what it measures may not go missing. */
const ROWS: [what: string, ...columns: Column[]][] = [
  ['start to first tools/list answered', 'measured'],
  ['memory, idle # s after start', 'measured'],
  ['memory, after # calls', 'measured'],
  ['call p50, one caller', 'direct', 'legacy', 'modern'],
  ['added p50, one caller', 'legacy', 'modern'],
  ['call p99, one caller', 'direct', 'legacy', 'modern'],
  ['added p99, one caller', 'legacy', 'modern'],
  ['calls, # callers', 'direct', 'legacy', 'modern'],
  ['share of direct calls', 'legacy', 'modern'],
  ['call p50, # callers', 'direct', 'legacy', 'modern'],
  ['approve to result p50', 'legacy'],
  ['approve to result p99', 'legacy'],
  ['approve to answer of the page p50', 'legacy'],
  ['asked, approved and answered, # agents', 'legacy', 'modern'],
  ['memory of each of # waiting agents', 'legacy', 'modern'],
  ['decision to the last of # waiting agents', 'legacy', 'modern'],
  ['decision to each of # waiting agents, p50', 'legacy', 'modern'],
  ['decision to the page, # waiting agents', 'legacy', 'modern'],
  ['memory of each of # waiting agents', 'legacy', 'modern'],
  ['decision to the last of # waiting agents', 'legacy', 'modern'],
  ['decision to each of # waiting agents, p50', 'legacy', 'modern'],
  ['decision to the page, # waiting agents', 'legacy', 'modern'],
  ['search, # tools p50', 'modern'],
  ['search, # tools p99', 'modern'],
  ['search, one integration of ten p50', 'modern'],
  ['log of # calls, first page, p95', 'measured'],
  ['log of # calls, last page, p95', 'measured'],
  ['log of # calls, by agent, p95', 'measured'],
  ['log of # calls, by agent of five calls, p95', 'measured'],
  ['log of # calls, by connection, p95', 'measured'],
  ['log of # calls, by tool, p95', 'measured'],
  ['log of # calls, by tool of five calls, p95', 'measured'],
  ['log of # calls, by state done, p95', 'measured'],
  ['log of # calls, by state denied, p95', 'measured'],
  ['log of # calls, by state running, p95', 'measured'],
  ['log of # calls, by a day, p95', 'measured'],
  ['log of # calls, by agent, tool, state, time, p95', 'measured'],
  ['log of # calls, last page by connection, p95', 'measured'],
  ['log of # calls, by what a person approved, p95', 'measured'],
  ['log of # calls, next newer page, p95', 'measured'],
  ['log of # calls, search for what is everywhere, p95', 'measured'],
  ['log of # calls, search for what is nowhere, p95', 'measured'],
  ['log of # calls, home page, p95', 'measured'],
  ['log of # calls, chain verified', 'measured'],
  ['log of # calls, chain verified, events', 'measured'],
]
/** Where there is nothing to pin or to read them by, these differ. */
const known = (what: string) => what.replace(/\b(?<!p)\d[\d,]*\b/g, '#').replace(', gateway on one core', '')

async function bench(...args: string[]) {
  const dir = tempDir()
  try {
    const script = join(import.meta.dir, '../../scripts/bench/bench.ts')
    const json = join(dir.path, 'bench.json')
    const ended = await run([...args, '--json', json], { program: [FROM_SOURCE[0] ?? 'bun', script] })
    const file = Bun.file(json)
    return { ...ended, rows: (await file.exists()) ? ((await file.json()) as { rows: Row[] }).rows : [] }
  } finally {
    dir.remove()
  }
}

test('a quick bench measures every row, in numbers, and finds every answer right', async () => {
  const { code, stderr, stdout, rows } = await bench('--quick')
  expect([code, code === 0 ? '' : stderr]).toEqual([0, ''])
  const found = rows.filter(({ what }) => what !== 'processor time of the gateway')
  expect(found.map((row) => [known(row.what), ...COLUMNS.filter((column) => row[column])])).toEqual(ROWS)
  for (const row of rows) {
    for (const column of COLUMNS) {
      const figure = row[column]
      if (!figure) continue
      for (const number of Object.values(figure))
        expect([row.what, column, Number.isFinite(number)]).toEqual([row.what, column, true])
      expect([row.what, column, figure.samples > 0]).toEqual([row.what, column, true])
    }
    expect(stdout).toContain(`${row.what}, ${row.unit}`)
  }
}, 180_000)

test('a phase can be measured alone, and one that does not exist is named', async () => {
  const alone = await bench('--quick', '--only', 'starts')
  expect(alone.rows.map(({ what }) => what)).toEqual(['start to first tools/list answered'])
  const wrong = await bench('--only', 'starts,nothing')
  expect([wrong.code, wrong.stderr]).toEqual([
    1,
    'There is no phase nothing, only starts, memory, latency, throughput, approvals, cycles, waiters, search, log.\n',
  ])
}, 60_000)
