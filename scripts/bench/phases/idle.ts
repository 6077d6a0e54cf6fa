import { serve } from '../agentport.ts'
import { residentMb } from '../children.ts'
import { medianOf } from '../figures.ts'
import { LANES } from '../lanes.ts'
import type { Row } from '../report.ts'
import type { Phase } from '../stage.ts'

const IDLE_MS = 2_000

/** A gateway of its own each time, over a data directory that is there already. */
export const starts: Phase = async ({ size, sharedInstalled, load }) => {
  const times: number[] = []
  for (let i = 0; i < size.starts; i++) {
    const began = performance.now()
    const serving = await serve(sharedInstalled)
    await load.run({ do: 'list', gateway: serving.gateway })
    times.push(performance.now() - began)
    await serving.stop()
  }
  const target = { at: 'most', value: 150 } as const
  return [{ what: 'start to first tools/list answered', unit: 'ms', digits: 0, measured: medianOf(times), target }]
}

export const memory: Phase = async ({ sharedInstalled, upstream, load }) => {
  const { pid, gateway, stop } = await serve(sharedInstalled)
  const measured = async (what: string): Promise<Row> => ({
    what,
    unit: 'MB resident',
    digits: 0,
    measured: medianOf([await residentMb(pid)]),
  })
  await Bun.sleep(IDLE_MS)
  const idle: Row = { ...(await measured('memory, idle 2 s after start')), target: { at: 'most', value: 100 } }
  await load.run({ do: 'open', gateway, upstreamUrl: upstream.url, lanes: [...LANES] })
  await load.run({ do: 'calls', lane: 'legacy', count: 100 })
  const used = await measured('memory, after 100 calls')
  await stop()
  return [idle, used]
}
