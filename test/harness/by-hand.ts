import { personOf } from '../../src/identity/identity.ts'
import type { JsonObject } from '../../src/lib/json.ts'
import { type App, EMAIL } from './app.ts'

/** A call as the owner makes it in the playground; the id of it. */
export async function callByHand(app: App, slug: string, toolName: string, args: JsonObject): Promise<string> {
  const session = {
    user: { id: app.userId, email: EMAIL, appearance: 'system' as const },
    tokenHash: '',
    originProofHash: null,
  }
  const outcome = await app.rooms.calls.callTool(
    { principal: personOf(session), address: null, program: null },
    { slug, toolName, arguments: args, inexactNumbers: [], note: null },
    { signal: new AbortController().signal },
  )
  return outcome.requestId ?? ''
}
