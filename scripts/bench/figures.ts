// Raw measurements into figures.

/** A figure and how far its parts lay apart. */
export interface Figure {
  value: number
  low: number
  high: number
  samples: number
}

/** Nearest rank: the smallest sample that so many per cent of all do not exceed. */
export function percentile(samples: readonly number[], percent: number): number {
  const sorted = [...samples].sort((a, b) => a - b)
  const rank = Math.max(1, Math.ceil((percent / 100) * sorted.length))
  return sorted[rank - 1] ?? Number.NaN
}

/** The median of a few repetitions, with the least and the most. */
export const medianOf = (samples: readonly number[]): Figure => ({
  value: percentile(samples, 50),
  ...spreadOf(samples),
  samples: samples.length,
})

/** A percentile of all samples; its spread is that of the same percentile in fifths of the run. */
export const percentileOf = (blocks: readonly (readonly number[])[], percent: number): Figure => ({
  ...spreadOf(fifths(blocks).map((fifth) => percentile(fifth, percent))),
  value: percentile(blocks.flat(), percent),
  samples: blocks.flat().length,
})

/** What the gateway adds: the difference of the two percentiles; its spread is that of the difference in fifths of the run. */
export function addedBy(
  through: readonly (readonly number[])[],
  direct: readonly (readonly number[])[],
  percent: number,
): Figure {
  const [slow, fast] = [through, direct].map((blocks) => fifths(blocks).map((fifth) => percentile(fifth, percent)))
  return {
    ...spreadOf((slow ?? []).map((each, i) => each - (fast?.[i] ?? Number.NaN))),
    value: percentile(through.flat(), percent) - percentile(direct.flat(), percent),
    samples: through.flat().length,
  }
}

const spreadOf = (values: readonly number[]) => ({ low: Math.min(...values), high: Math.max(...values) })

/** A single block is too short for a p99; a fifth of the run is not. */
function fifths(blocks: readonly (readonly number[])[]): number[][] {
  const size = Math.ceil(blocks.length / 5)
  return inBlocks(blocks, size).map((some) => some.flat())
}

/** Cuts a series into blocks. */
export function inBlocks<T>(samples: readonly T[], size: number): T[][] {
  const blocks: T[][] = []
  for (let at = 0; at < samples.length; at += size) blocks.push(samples.slice(at, at + size))
  return blocks
}
