/**
 * A process of its own that claims: rooms over a data directory that it shares, and no server.
 * It reads `<request id> <principal id> <user id> <start at, epoch ms>` lines and answers each with the outcome as a JSON line.
 */
import { silentLogger } from '../../src/lib/logger.ts'
import { buildRooms } from '../../src/server/server.ts'

const [dataDir = ''] = process.argv.slice(2)
const rooms = buildRooms({ dataDir, masterKey: null, logger: silentLogger, mayMigrate: false })
process.stdout.write('ready\n')

for await (const line of console) {
  const [requestId = '', id = '', userId = '', startAt = ''] = line.split(' ')
  const principal = { id, userId, kind: 'api_key' as const, name: 'claimer', connections: null, program: null }
  // All processes begin in the same millisecond, as far as clocks allow.
  while (Date.now() < Number(startAt)) {}
  const outcome = await rooms.calls.awaitApproval(
    { principal, address: null, program: null },
    { requestId, timeoutMs: 10_000 },
    { signal: new AbortController().signal },
  )
  process.stdout.write(`${JSON.stringify(outcome)}\n`)
}
await rooms.upstreams.close()
rooms.store.close()
