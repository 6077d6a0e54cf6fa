import { serve, verifyLog } from '../agentport.ts'
import { inBlocks, medianOf, percentileOf } from '../figures.ts'
import type { PagePath } from '../reading.ts'
import type { Row } from '../report.ts'
import { RARE_TOOL, seedLog } from '../seed.ts'
import type { Phase } from '../stage.ts'

const PAGE = 50
const RECENT = 20
const WITHIN_MS = 50
/** Of a search that finds nothing and looks as far as it may. */
const SEARCHED_WITHIN_MS = 150

/** The pages as a person sees them, over HTTP, with a log that was written in bulk. */
export const log: Phase = async ({ size, own, load }) => {
  const installed = await own()
  const seededAt = performance.now()
  const { agent, rareAgent, lastPage, from, until } = await seedLog(installed.dataDir, size.loggedCalls)
  const seedSeconds = (performance.now() - seededAt) / 1000
  process.stderr.write(`seeded ${size.loggedCalls} calls in ${seedSeconds.toFixed(0)} s\n`)
  const verifiedAt = performance.now()
  const events = await verifyLog(installed)
  const verifySeconds = (performance.now() - verifiedAt) / 1000

  const pages: [what: string, ...PagePath][] = [
    ['first page', '/log', PAGE],
    ['last page', `/log?before=${lastPage}`, PAGE],
    ['by agent', `/log?agent=${agent}`, PAGE],
    ['by agent of five calls', `/log?agent=${rareAgent}`, 5],
    ['by connection', '/log?connection=mail', PAGE],
    ['by tool', '/log?tool=tool_7', PAGE],
    ['by tool of five calls', `/log?tool=${RARE_TOOL}`, 5],
    ['by state done', '/log?ending=executed', PAGE],
    ['by state denied', '/log?ending=denied', PAGE],
    ['by state running', '/log?ending=executing', 0],
    ['by a day', `/log?from=${from}&until=${until}`, PAGE],
    ['by agent, tool, state, time', `/log?agent=${agent}&tool=tool_7&ending=executed&until=${until}`, null],
    ['last page by connection', `/log?connection=mail&before=${lastPage}`, 7],
    ['by what a person approved', '/log?decided=approved', PAGE],
    ['next newer page', `/log?after=${lastPage}`, PAGE],
    ['search for what is everywhere', '/log?q=quick+brown', PAGE],
    ['search for what is nowhere', '/log?q=lazy+cat', 0],
    ['home page', '/', RECENT],
  ]
  const { account, stop } = await serve(installed)
  const paths = pages.map(([, ...path]) => path)
  const job = { do: 'pages', account, paths } as const
  await load.run({ ...job, rounds: 2 })
  const times = await load.run<{ [path: string]: number[] }>({ ...job, rounds: size.pageRounds })
  await stop()
  installed.remove()

  const calls = `${size.loggedCalls.toLocaleString('en')} calls`
  return [
    ...pages.map(
      ([what, path]): Row => ({
        what: `log of ${calls}, ${what}, p95`,
        unit: 'ms',
        digits: 1,
        measured: percentileOf(inBlocks(times[path] ?? [], 1), 95),
        target: { at: 'most', value: path.endsWith('lazy+cat') ? SEARCHED_WITHIN_MS : WITHIN_MS },
      }),
    ),
    { what: `log of ${calls}, chain verified`, unit: 's', digits: 1, measured: medianOf([verifySeconds]) },
    {
      what: `log of ${calls}, chain verified, events`,
      unit: '1/s',
      digits: 0,
      measured: medianOf([events / verifySeconds]),
    },
  ]
}
