import type { AskedCall, RequestRow } from '../approvals/approvals.ts'
import type { Person, Principal } from '../identity/identity.ts'

/** Who calls, and from where. */
export interface Caller<Who = Principal> {
  principal: Who
  address: string | null
  program: string | null
}

/** An agent, or a person by hand. */
export type Anybody = Caller<Principal | Person>

/** Whose a call is, as far as it matters to whether it may run. */
export type Asking = Pick<Anybody['principal'], 'id' | 'kind' | 'userId'>

export const askerOf = ({ principalId, principalKind, userId }: RequestRow): Asking => ({
  id: principalId,
  kind: principalKind,
  userId,
})

export function askedCall(
  { principal, address, program }: Anybody,
  { id, slug, name, target, fingerprint }: AskedCall['connection'],
  tool: AskedCall['tool'],
  { json, hash }: AskedCall['arguments'],
  note: string | null,
): AskedCall {
  return {
    asker: {
      principalId: principal.id,
      principalKind: principal.kind,
      principalName: principal.name,
      userId: principal.userId,
      address,
      program,
    },
    connection: { id, slug, name, target, fingerprint },
    tool,
    arguments: { json, hash },
    note,
  }
}
