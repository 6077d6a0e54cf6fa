/**
 * A process of its own over a data directory that it shares, and no server.
 * It reads `<user id> <slug> <calls> <start at, epoch ms>` lines, makes that many calls at once, and answers with their ends as a JSON line.
 */

import { silentLogger } from '../../src/lib/logger.ts'
import { buildRooms } from '../../src/server/server.ts'
import { ANYBODY } from '../harness/anybody.ts'

const [dataDir = ''] = process.argv.slice(2)
const rooms = buildRooms({ dataDir, masterKey: null, logger: silentLogger, mayMigrate: false })
process.stdout.write('ready\n')

for await (const line of console) {
  const [userId = '', slug = '', calls = '', startAt = ''] = line.split(' ')
  const lookup = await rooms.upstreams.tool(userId, slug, 'run')
  if (lookup.found !== 'tool') throw new Error(`No tool: ${lookup.found}`)
  while (Date.now() < Number(startAt)) {}
  const run = () => lookup.handle.run({}, ANYBODY, { signal: new AbortController().signal })
  const ends = await Promise.all(Array.from({ length: Number(calls) }, run))
  process.stdout.write(`${JSON.stringify(ends.map(({ end }) => end))}\n`)
}
await rooms.upstreams.close()
rooms.store.close()
