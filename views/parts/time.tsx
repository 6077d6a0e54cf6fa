/**
 * A moment in UTC as a reader without JavaScript sees it; agentport.js turns it into "5 min ago".
 * @param exact when it is a limit that was set: then it is the date and the time of the reader.
 */
export function Time({ at, exact = false }: { at: number; exact?: boolean }) {
  return (
    <time datetime={new Date(at).toISOString()} data-time={exact ? 'exact' : ''}>
      {inUtc(at)}
    </time>
  )
}

/** The time of day, where the day stands above it; log.js makes it that of the reader. */
export function ClockTime({ at }: { at: number }) {
  const iso = new Date(at).toISOString()
  return (
    <time datetime={iso} data-clock>
      {iso.slice(11, 19)}
    </time>
  )
}

/** The day that a list goes on with; log.js draws the line where the reader's midnight is. */
export function Day({ at }: { at: number }) {
  return (
    <time datetime={dayOf(at)} data-day>
      {`${days.format(at)}, UTC`}
    </time>
  )
}

const days = new Intl.DateTimeFormat('en-GB', { dateStyle: 'full', timeZone: 'UTC' })

export const dayOf = (at: number): string => new Date(at).toISOString().slice(0, 10)

export function inUtc(at: number): string {
  const iso = new Date(at).toISOString()
  return `${iso.slice(0, 10)} ${iso.slice(11, 16)} UTC`
}

export function formatDuration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`
  const seconds = Math.round(ms / 1000)
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`
}

export function formatSize(bytes: number): string {
  if (bytes < 1000) return `${bytes} ${bytes === 1 ? 'byte' : 'bytes'}`
  if (bytes < 1_000_000) return `${(bytes / 1000).toFixed(1)} kB`
  return `${(bytes / 1_000_000).toFixed(1)} MB`
}
