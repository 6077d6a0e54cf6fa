import { residentMb } from '../children.ts'
import { percentile } from '../figures.ts'
import type { Row } from '../report.ts'
import type { Soaked } from '../soaking.ts'
import type { Stage } from '../stage.ts'

const EVERY_MS = 5_000
/** Memory grows until everything was used once; after this share of the time it should not. */
const SETTLES_WITHIN = 0.25
/** A slope over less says more of the collector than of a leak. */
const SHORTEST_MINUTES = 20
const MOST_MB_AN_HOUR = 10

/** All kinds of use at once for so many minutes, with the memory of the gateway over time. */
export async function soak({ load, shared }: Stage, minutes: number): Promise<{ rows: Row[]; note: string }> {
  const { pid, gateway, account } = await shared()
  const samples: { minute: number; mb: number }[] = []
  const rows: Row[] = []
  await load.run({ do: 'soak', gateway, account })
  const began = performance.now()
  for (let minute = 1; minute <= minutes; minute++) {
    while (performance.now() - began < minute * 60_000) {
      await Bun.sleep(EVERY_MS)
      samples.push({ minute: (performance.now() - began) / 60_000, mb: await residentMb(pid) })
    }
    const done = await load.run<Soaked>({ do: 'soaked' })
    const last = samples.filter((sample) => sample.minute > minute - 1).map(({ mb }) => mb)
    const value = percentile(last, 50)
    const figure = { value, low: Math.min(...last), high: Math.max(...last), samples: last.length }
    rows.push({ what: `memory, minute ${minute}`, unit: 'MB resident', digits: 1, measured: figure })
    const sofar = Object.entries(done).map(([what, count]) => `${count} ${what}`)
    process.stdout.write(`minute ${minute}: ${value.toFixed(1)} MB; ${sofar.join(', ')}\n`)
  }
  const settled = samples.filter(({ minute }) => minute > minutes * SETTLES_WITHIN)
  const slopes = slopesOf(settled).map((each) => each * 60)
  const [value, low, high] = [50, 25, 75].map((percent) => percentile(slopes, percent)) as [number, number, number]
  const longEnough = minutes >= SHORTEST_MINUTES
  rows.push({
    what: 'growth of memory',
    unit: 'MB an hour',
    digits: 1,
    measured: { value, low, high, samples: settled.length },
    ...(longEnough ? { target: { at: 'most', value: MOST_MB_AN_HOUR } as const } : {}),
  })
  const verdict = !longEnough
    ? `${minutes} minutes are too short for a verdict on growth; ${SHORTEST_MINUTES} are the least.`
    : value <= MOST_MB_AN_HOUR
      ? 'Memory does not grow.'
      : 'Memory GROWS.'
  return {
    rows,
    note: `${verdict} Growth is the median slope between any two moments after the first quarter, in brackets its quartiles.`,
  }
}

/** Of each pair of moments, so that one outlier bends nothing (Theil and Sen). */
function slopesOf(samples: readonly { minute: number; mb: number }[]): number[] {
  return samples.flatMap((from, i) => samples.slice(i + 1).map((to) => (to.mb - from.mb) / (to.minute - from.minute)))
}
