import type { Provenance } from '../identity/identity.ts'
import { primeEventStream } from '../lib/event-stream.ts'
import type { FairGate, Pass } from '../lib/fair-gate.ts'
import type { OpenRequest, OpenRequests } from './open-requests.ts'
import { hostIsOurs, type OwnAddresses, originMayCall } from './origin-checks.ts'

/** A door that opens to a credential in a header: whose credentials it takes, and how it says no. */
export interface CredentialDoor<Who extends { id: string }> {
  /** Null for a credential that is nobody's, or of those who have another door. */
  resolve(credential: string, from: Provenance): Promise<Who | null>
  isLive(id: string): boolean
  refuse(status: number, message: string, headers?: Record<string, string>): Response
  unauthenticated(hadCredential: boolean): Response
}

/** For those who come from outside a browser: null when they may come in. */
export function whyNotIn(own: OwnAddresses, { headers }: Request): { status: number; message: string } | null {
  if (!hostIsOurs(headers.get('host'), own))
    return { status: 421, message: 'This server does not answer to that Host.' }
  if (originMayCall(headers.get('origin'), own)) return null
  return { status: 403, message: 'Pages of another origin may not call this server.' }
}

/**
 * What is behind a door. `gone` is aborted when the client has hung up, or whoever asks is no more.
 * Null when they are no more by the time that their request has arrived whole.
 */
export type Answer<Who> = (who: Who, from: Provenance, gone: AbortSignal) => Promise<Response | null>

/** Names who asks, afresh for each request, and lets their crowd in one after another. */
export async function credentialGuard<Who extends { id: string }>(
  {
    own,
    gate,
    openRequests,
    provenance,
  }: { own: OwnAddresses; gate: FairGate; openRequests: OpenRequests; provenance(request: Request): Provenance },
  door: CredentialDoor<Who>,
  request: Request,
  answer: Answer<Who>,
): Promise<Response> {
  const refused = whyNotIn(own, request)
  if (refused) return door.refuse(refused.status, refused.message)
  const from = provenance(request)
  const given = credentialOf(request)
  if (given === 'two') {
    const headers = { 'www-authenticate': 'Bearer error="invalid_request"' }
    return door.refuse(400, 'X-API-Key and Authorization hold different credentials. Send one.', headers)
  }
  const { credential } = given
  const who = credential === null ? null : await door.resolve(credential, from)
  if (!who) return door.unauthenticated(credential !== null)
  const enter = (pass: Pass) =>
    letIn(door, openRequests.enter(who.id, request), pass, (gone) => answer(who, from, gone))
  const entered = gate.enter(who.id, request)
  if (entered === 'full')
    return door.refuse(429, 'Too many requests of this key at once. Try again in a moment.', { 'retry-after': '1' })
  if (!(entered instanceof Promise)) return enter(entered)
  const pass = await entered
  if (pass === 'gone') return new Response(null, { status: 503 })
  // Standing in line took a while, and a revocation is felt at once.
  if (door.isLive(who.id)) return enter(pass)
  pass.leave()
  return door.unauthenticated(true)
}

async function letIn<Who extends { id: string }>(
  door: CredentialDoor<Who>,
  open: OpenRequest,
  pass: Pass,
  act: (gone: AbortSignal) => Promise<Response | null>,
): Promise<Response> {
  const leave = () => {
    open.leave()
    pass.leave()
  }
  try {
    const answer = act(open.gone)
    const response = await Promise.race([answer, open.ended])
    if (response instanceof Response) return primeEventStream(response, leave, open.gone)
    // Whatever is still worked on is nobody's to read.
    void answer.then((late) => late?.body?.cancel()).catch(() => {})
  } catch (error) {
    leave()
    throw error
  }
  leave()
  return door.unauthenticated(true)
}

/** Two credentials in one request could be read as one here and as the other by a proxy or a log: neither is believed. */
function credentialOf({ headers }: Request): { credential: string | null } | 'two' {
  const key = headers.get('x-api-key')?.trim() || null
  const bearer = /^Bearer\s+(\S.*)$/i.exec(headers.get('authorization') ?? '')?.[1]?.trim() ?? null
  if (key !== null && bearer !== null && key !== bearer) return 'two'
  return { credential: key ?? bearer }
}
