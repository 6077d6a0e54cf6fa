// What is only read: an agent that looks for tools, a person who turns pages. One at a time, since each has one reader.

import type { Request } from './lanes.ts'
import type { Person } from './person.ts'

export interface Search {
  query: string
  /** Within one integration; null for all. */
  within: string | null
  /** What has to be among what is found, so that a fast wrong answer is no answer. */
  finds: string
}

/** A page of the log, and how many calls it has to show; null for some. */
export type PagePath = [path: string, calls: number | null]

/** Milliseconds of each, in rounds. */
export async function searches(request: Request, job: { queries: Search[]; rounds: number }): Promise<number[][]> {
  return inRounds(job.rounds, job.queries, async ({ query, within, finds }) => {
    const args = within === null ? { query } : { query, integration_id: within }
    const params = { name: 'agentport__list_integration_tools', arguments: args }
    const began = performance.now()
    const result = await request('tools/call', params)
    const took = performance.now() - began
    const found = (result.structuredContent?.tools ?? []) as { name: string }[]
    if (!found.some(({ name }) => name === finds))
      throw new Error(`${query} did not find ${finds}: ${JSON.stringify(found.map(({ name }) => name))}`)
    return took
  })
}

/** Milliseconds of each page, by its path. */
export async function reading(person: Person, job: { paths: PagePath[]; rounds: number }) {
  const times: { [path: string]: number[] } = {}
  await inRounds(job.rounds, job.paths, async ([path, calls]) => {
    const began = performance.now()
    const page = await person.read(path)
    const took = performance.now() - began
    const shown = page.match(/<a class="row"[^>]* href="\/approve\//g)?.length ?? 0
    if (calls === null ? shown === 0 : shown !== calls)
      throw new Error(`${path} shows ${shown} calls, not ${calls ?? 'some'}`)
    times[path] = [...(times[path] ?? []), took]
    return took
  })
  return times
}

async function inRounds<T>(rounds: number, all: T[], act: (one: T) => Promise<number>): Promise<number[][]> {
  const times: number[][] = []
  for (let round = 0; round < rounds; round++) {
    const mine: number[] = []
    for (const one of all) mine.push(await act(one))
    times.push(mine)
  }
  return times
}
