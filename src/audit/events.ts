/** Every event the record can hold. The names are relied on by whoever reads an export: add, never rename. */
export const AUDIT_EVENTS = [
  'user.created',
  'user.password_set',
  'session.started',
  'session.refused',
  'session.ended',
  'key.created',
  'key.revoked',
  'agent.let_in',
  'agent.kept_out',
  'agent.signed_in',
  'agent.changed',
  'agent.reuse_noticed',
  'agent.revoked',
  'connection.added',
  'connection.credentials_set',
  'connection.sign_in_started',
  'connection.signed_in',
  'connection.sign_in_failed',
  'connection.sign_in_lost',
  'connection.wider_access_needed',
  'connection.tools_changed',
  'connection.removed',
  'policy.set',
  'policy.forgotten',
  'settings.changed',
  'store.restored',
  'vault.rotated',
  'call.refused',
  'call.asked',
  'call.noted',
  'call.approved',
  'call.denied',
  'call.expired',
  'call.started',
  'call.executed',
  'call.failed',
  'call.unknown',
] as const

export type AuditEventName = (typeof AUDIT_EVENTS)[number]

/** Who caused it: `user:<id>`, `api_key:<id>` or `oauth_client:<id>` for an agent, `operator` at the data directory's own command line, or `system`. */
export type Actor = `user:${string}` | `${'api_key' | 'oauth_client'}:${string}` | 'operator' | 'system'

export interface AuditEvent {
  name: AuditEventName
  /** Null for what belongs to no user, such as a refused sign-in to an unknown account. */
  userId: string | null
  actor: Actor
  /** The id of what it is about. */
  subject: string
  /** Plain facts and digests; never a credential, an argument or a result. */
  details: { [key: string]: string | number | boolean | null }
}
