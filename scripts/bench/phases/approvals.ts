import type { ApprovalTimes, Cycles } from '../approving.ts'
import { inBlocks, medianOf, percentileOf } from '../figures.ts'
import { GENERATIONS, type Generation } from '../lanes.ts'
import type { Row } from '../report.ts'
import type { Phase } from '../stage.ts'

const AGENTS = 16

export const approvals: Phase = async ({ size, shared, load }) => {
  const { gateway, account } = await shared()
  const job = { do: 'approvals', gateway, account } as const
  await load.run<ApprovalTimes>({ ...job, rounds: 10 })
  const { toResult, toAnswer } = await load.run<ApprovalTimes>({ ...job, rounds: size.approvals })
  const row = (what: string, times: number[], percent: number): Row => ({
    what: `${what} p${percent}`,
    unit: 'ms',
    digits: 1,
    legacy: percentileOf(inBlocks(times, 10), percent),
    ...(percent === 50 && times === toResult ? { target: { at: 'most', value: 20 } as const } : {}),
  })
  const what = 'approve to result'
  return [row(what, toResult, 50), row(what, toResult, 99), row('approve to answer of the page', toAnswer, 50)]
}

export const cycles: Phase = async ({ size, shared, load }) => {
  const { gateway, account } = await shared()
  const perSecond: Record<Generation, number[]> = { legacy: [], modern: [] }
  for (let round = 0; round < size.rounds; round++) {
    for (const generation of GENERATIONS) {
      const job = { do: 'cycles', generation, gateway, account, agents: AGENTS, ms: size.cycleMs } as const
      const { cycles: done, ms } = await load.run<Cycles>(job)
      perSecond[generation].push((done / ms) * 1000)
    }
  }
  const [legacy, modern] = [medianOf(perSecond.legacy), medianOf(perSecond.modern)]
  return [{ what: `asked, approved and answered, ${AGENTS} agents`, unit: '1/s', digits: 0, legacy, modern }]
}
