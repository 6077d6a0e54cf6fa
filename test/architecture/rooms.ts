// The rooms, their rows, and which of them a path belongs to.

/** A room is the first folder under src; a room may import rooms of lower rows. */
const ROWS = [
  ['lib'],
  ['store'],
  ['vault', 'audit', 'catalogue', 'skills'],
  ['identity', 'policy', 'notifications', 'upstreams'],
  ['approvals'],
  ['calls'],
  ['gateway', 'api', 'web'],
  ['server'],
  ['cli'],
  ['main.ts'],
]
export const ROW: Readonly<Record<string, number>> = Object.fromEntries(
  ROWS.flatMap((rooms, row) => rooms.map((room) => [room, row])),
)

/** The room of a path of src ("main.ts" for itself), "views", or null for anything else. */
export function placeOf(path: string): string | null {
  const [top, room] = path.split('/')
  if (top === 'views') return 'views'
  if (top !== 'src' || room === undefined) return null
  return room === 'main' ? 'main.ts' : room
}

export function isQueriesFile(path: string): boolean {
  return path.startsWith('src/') && /\/([a-z0-9-]+-)?queries\.ts$/.test(path)
}
