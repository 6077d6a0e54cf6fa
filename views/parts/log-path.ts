/** As it stands in the address and in the form; empty where it does not matter. Times are UTC, as an input of a browser writes them. */
export interface LogFilter {
  q: string
  agent: string
  connection: string
  tool: string
  ending: string
  decided: string
  from: string
  until: string
}

export const logPath = (filter: Partial<LogFilter>, more: Record<string, string> = {}): string =>
  withQuery('/log', filter, more)

export const exportPath = (filter: LogFilter, format: 'csv' | 'jsonl'): string =>
  withQuery('/log/export', filter, { format })

/** How many are newer than a place. */
export const newsPath = (filter: LogFilter, after: string): string => withQuery('/log/news', filter, { after })

function withQuery(path: string, filter: Partial<LogFilter>, more: Record<string, string>): string {
  const query = new URLSearchParams(Object.entries({ ...filter, ...more }).filter(([, value]) => value !== ''))
  return query.size === 0 ? path : `${path}?${query}`
}

/** A minute as the address has it. */
export const minuteOf = (at: number): string => new Date(at).toISOString().slice(0, 16)
