import { type Installed, serve } from '../agentport.ts'
import { mostFiles, residentMb } from '../children.ts'
import { type Figure, inBlocks, medianOf, percentileOf } from '../figures.ts'
import { GENERATIONS, type Generation } from '../lanes.ts'
import type { Row } from '../report.ts'
import type { Phase, Stage } from '../stage.ts'
import type { Wakening } from '../waiting.ts'

/** Beside its sockets a process needs some files. */
const FILES_TO_SPARE = 500
/** The gateway keeps fewer sessions than this. */
const MOST_SESSIONS = 4_000

interface Measured {
  kilobytesEach: Figure
  woken: Wakening
}

export const waiters: Phase = async (stage) => {
  const files = await mostFiles()
  const installed = await stage.own()
  const rows: Row[] = []
  for (const wanted of stage.size.waiting) {
    const agents = Math.min(wanted, (files ?? Number.POSITIVE_INFINITY) - FILES_TO_SPARE)
    const found: Partial<Record<Generation, Measured>> = {}
    for (const generation of GENERATIONS) {
      if (generation === 'modern' || agents <= MOST_SESSIONS)
        found[generation] = await measure(stage, installed, { generation, agents })
    }
    const every = (of: (measured: Measured) => Figure) => ({
      ...(found.legacy ? { legacy: of(found.legacy) } : {}),
      ...(found.modern ? { modern: of(found.modern) } : {}),
    })
    const who = `${agents.toLocaleString('en')} waiting agents`
    rows.push(
      {
        what: `memory of each of ${who}`,
        unit: 'kB',
        digits: 1,
        ...every(({ kilobytesEach }) => kilobytesEach),
        target: { at: 'most', value: 60 },
      },
      {
        what: `decision to the last of ${who}`,
        unit: 'ms',
        digits: 0,
        ...every(({ woken }) => medianOf([woken.toLast])),
        target: { at: 'most', value: 2_000 },
      },
      {
        what: `decision to each of ${who}, p50`,
        unit: 'ms',
        digits: 0,
        ...every(({ woken }) => percentileOf(inBlocks(woken.toEach, 100), 50)),
      },
      {
        what: `decision to the page, ${who}`,
        unit: 'ms',
        digits: 0,
        ...every(({ woken }) => medianOf([woken.toPage])),
      },
    )
  }
  return rows
}

/** On a gateway that was started after all had asked, so that its memory holds nothing of the asking. */
async function measure(
  { size, load }: Stage,
  installed: Installed,
  { generation, agents }: { generation: Generation; agents: number },
): Promise<Measured> {
  const before = await serve(installed)
  await load.run({ do: 'ask', gateway: before.gateway, account: before.account, agents })
  await before.stop()
  const { pid, stop } = await serve(installed, before.port)
  await load.run({ do: 'warm up waits', generation, count: size.warmUpWaits })
  await Bun.sleep(size.settleMs)
  const without = await residentMb(pid)
  await load.run({ do: 'wait', generation })
  await Bun.sleep(size.settleMs)
  const kilobytesEach = medianOf([((await residentMb(pid)) - without) * (1e3 / agents)])
  const woken = await load.run<Wakening>({ do: 'wake' })
  await stop()
  return { kilobytesEach, woken }
}
