/**
 * A process of its own that refreshes: rooms over a data directory that it shares, and no server.
 * It reads `<client id> <refresh token> <start at, epoch ms>` lines and answers each with the tokens, or the error, as a JSON line.
 */
import { OAuthError } from '../../src/identity/identity.ts'
import { silentLogger } from '../../src/lib/logger.ts'
import { buildRooms } from '../../src/server/server.ts'

const [dataDir = ''] = process.argv.slice(2)
const rooms = buildRooms({ dataDir, masterKey: null, logger: silentLogger, mayMigrate: false })
process.stdout.write('ready\n')

for await (const line of console) {
  const [clientId = '', refreshToken = '', startAt = ''] = line.split(' ')
  const form = { grant_type: 'refresh_token', client_id: clientId, refresh_token: refreshToken }
  // All processes begin in the same millisecond, as far as clocks allow.
  while (Date.now() < Number(startAt)) {}
  const answer = await rooms.identity.oauth
    .token(new URLSearchParams(form), { issuer: '', resource: '' })
    .catch((error: unknown) => ({ error: error instanceof OAuthError ? error.code : String(error) }))
  process.stdout.write(`${JSON.stringify(answer)}\n`)
}
rooms.store.close()
