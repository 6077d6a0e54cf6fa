import { type Approvals, createApprovals } from '../approvals/approvals.ts'
import { type Audit, createAudit } from '../audit/audit.ts'
import { type Calls, createCalls } from '../calls/calls.ts'
import { type Catalogue, createCatalogue } from '../catalogue/catalogue.ts'
import { createIdentity, type Identity } from '../identity/identity.ts'
import { type Clock, systemClock } from '../lib/clock.ts'
import type { Logger } from '../lib/logger.ts'
import { createOutbound, type OutboundFetch } from '../lib/outbound.ts'
import { createPolicy, type Policy } from '../policy/policy.ts'
import { openStore, type Store } from '../store/store.ts'
import { createUpstreams, type Upstreams } from '../upstreams/upstreams.ts'
import { createVault, fits, instanceKey, masterKeyFromFile, type Vault } from '../vault/vault.ts'

/** The rooms below the doors, built over one data directory. A server and an operator command stand on the same ones. */
export interface Rooms {
  clock: Clock
  store: Store
  vault: Vault
  audit: Audit
  catalogue: Catalogue
  identity: Identity
  policy: Policy
  upstreams: Upstreams
  approvals: Approvals
  calls: Calls
}

export interface BuildRooms {
  dataDir: string
  /** Null: kept in the data directory, and made there on first use. */
  masterKey: Uint8Array | null
  logger: Logger
  clock?: Clock
  outbound?: OutboundFetch
  /** False while a server holds the data directory. */
  mayMigrate?: boolean
}

/** @throws NewerDatabase, CannotOpen */
export function buildRooms({
  dataDir,
  masterKey: givenKey,
  logger,
  clock = systemClock,
  outbound = createOutbound(),
  mayMigrate = true,
}: BuildRooms): Rooms {
  const store = openStore({ dataDir, clock, mayMigrate })
  const masterKey = givenKey ?? masterKeyFromFile(dataDir, (key) => fits(store, key), mayMigrate)
  const vault = createVault({ store, masterKey })
  const audit = createAudit({ store, key: instanceKey({ store, masterKey }, 'audit-chain') })
  const catalogue = createCatalogue()
  const identity = createIdentity({
    store,
    audit,
    outbound,
    logger,
    tokenKey: instanceKey({ store, masterKey }, 'oauth-tokens'),
  })
  const policy = createPolicy({ store, audit })
  const upstreams = createUpstreams({ store, vault, audit, outbound, logger })
  // What is forgotten with its connection is forgotten in the same transaction.
  upstreams.onRemoved((tx, connection, actor) => policy.forget(tx, connection, actor))
  policy.onSet((tx, change) => upstreams.noteSeen(tx, change))
  const approvals = createApprovals({ store, audit, policy, identity, upstreams, logger })
  const calls = createCalls({ clock, identity, policy, upstreams, approvals, logger })
  return { clock, store, vault, audit, catalogue, identity, policy, upstreams, approvals, calls }
}
