import { serve } from '../agentport.ts'
import { percentileOf } from '../figures.ts'
import { QUERIES, QUERIES_WITHIN, SERVICES } from '../many-tools.ts'
import type { Search } from '../reading.ts'
import type { Row } from '../report.ts'
import type { Phase } from '../stage.ts'

export const search: Phase = async ({ size, own, load, upstream }) => {
  const installed = await own()
  for (const service of SERVICES) {
    const url = upstream.url.replace(/mcp$/, `many/${service}`)
    await installed.admin(`integration add custom --as ${service} --url ${url} --no-auth --allow-private-network`)
  }
  const { gateway, stop } = await serve(installed)
  const times = async (queries: Search[]) => {
    await load.run({ do: 'searches', gateway, queries, rounds: 2 })
    return load.run<number[][]>({ do: 'searches', gateway, queries, rounds: size.searchRounds })
  }
  const everywhere = await times(QUERIES)
  const within = await times(QUERIES_WITHIN)
  await stop()
  const row = (what: string, measured: number[][], percent: number): Row => ({
    what: `${what} p${percent}`,
    unit: 'ms',
    digits: 1,
    modern: percentileOf(measured, percent),
    ...(percent === 50 ? { target: { at: 'most', value: 10 } as const } : {}),
  })
  return [
    row('search, 5,000 tools', everywhere, 50),
    row('search, 5,000 tools', everywhere, 99),
    row('search, one integration of ten', within, 50),
  ]
}
