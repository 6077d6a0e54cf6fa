/**
 * Owns the assembly: rooms built in order, doors hung, the socket opened, and all of it stopped again.
 * Promises one server per data directory, recovery before the first request, and a clean stop within ten seconds.
 * Deliberately holds no behaviour of the product: what a request does is decided in the rooms.
 */

import { mkdirSync } from 'node:fs'
import { createApi } from '../api/api.ts'
import { createGateway, oauthEndpoints } from '../gateway/gateway.ts'
import type { Clock } from '../lib/clock.ts'
import { AppError } from '../lib/errors.ts'
import { createFairGate } from '../lib/fair-gate.ts'
import type { Logger } from '../lib/logger.ts'
import type { OutboundFetch } from '../lib/outbound.ts'
import { createRequestBodies } from '../lib/request-body.ts'
import { VERSION } from '../lib/version.ts'
import { setFact, takeDataLock } from '../store/store.ts'
import { createWeb, sessionCookies } from '../web/web.ts'
import type { Config } from './config.ts'
import { startHousekeeping } from './housekeeping.ts'
import { createApp } from './http.ts'
import { listen } from './listen.ts'
import { OpenRequests } from './open-requests.ts'
import { listensOnLoopback } from './origin-checks.ts'
import { buildRooms, type Rooms } from './rooms.ts'

export {
  type Config,
  ConfigError,
  type Environment,
  readConfig,
  readMasterKey,
  readOrigin,
  readVariable,
} from './config.ts'
export { examineClock, examineSurroundings, type Finding } from './doctor.ts'
export { OPEN_PATHS } from './http.ts'
export { AddressInUse } from './listen.ts'
export { buildRooms, type Rooms } from './rooms.ts'

export interface Serving {
  origin: string
  /** The port it listens on, which a proxy in front forwards to. */
  port: number
  rooms: Rooms
  /** Method and path of every route there is. */
  routes: { method: string; path: string }[]
  /** A one-time link that makes the first user; null once there is one. */
  setupLink: string | null
  stop(): Promise<void>
}

export interface Serve {
  config: Config
  /** Null: kept in the data directory. */
  masterKey: Uint8Array | null
  logger: Logger
  clock?: Clock
  outbound?: OutboundFetch
  /** Another server behind /mcp: the official conformance suite brings its own tools. */
  newMcpServer?: Parameters<typeof createGateway>[1]
}

/** Running calls get this long to end by themselves; together with the rest it stays below ten seconds. */
const STOP_GRACE_MS = 4_000
/** The waits of a revoked agent are told so first: ending its requests in the same breath would cut the answers off. */
const SWEEP_AFTER_MS = 250

/** @throws AppError, NewerDatabase, CannotOpen, AddressInUse: all with a message for the operator. */
export async function serve({ config, masterKey, logger, clock, outbound, newMcpServer }: Serve): Promise<Serving> {
  mkdirSync(config.dataDir, { recursive: true, mode: 0o700 })
  const lock = takeDataLock(config.dataDir)
  if (!lock) throw new AppError('conflict', `Another AgentPort already serves ${config.dataDir}.`)
  const undo: (() => unknown)[] = [() => lock.release()]
  try {
    const rooms = buildRooms({
      dataDir: config.dataDir,
      masterKey,
      logger,
      ...(clock ? { clock } : {}),
      ...(outbound ? { outbound } : {}),
    })
    undo.push(() => rooms.store.close())
    await rooms.approvals.recover()

    // The port may be known only once we listen, and the doors need it: until they hang, nobody is let in.
    let answer: (request: Request) => Response | Promise<Response> = () => new Response(null, { status: 503 })
    const listening = listen(config.host, config.port, (request) => answer(request))
    undo.push(() => listening.stop())

    const origin = config.publicOrigin ?? new URL(`http://localhost:${listening.port}`)
    rooms.store.transaction((tx) => setFact(tx, 'origin', origin.origin))
    const cookies = sessionCookies(origin)
    const bodies = createRequestBodies(rooms.clock)
    const gateway = createGateway({ ...rooms, logger, bodies, origin: origin.origin }, newMcpServer)
    const own = { issuer: origin.origin, resource: `${origin.origin}/mcp` }
    const api = createApi({ ...rooms, logger, bodies, origin: origin.origin })
    const web = createWeb({
      ...rooms,
      cookies,
      config: {
        origin: origin.origin,
        own,
        development: config.development,
        reference: api.reference,
        about: () => ({ version: VERSION, runtime: `Bun ${Bun.version}`, databaseBytes: rooms.store.sizeBytes() }),
      },
    })
    const openRequests = new OpenRequests()
    const app = createApp({
      ...rooms,
      gateway,
      api,
      openRequests,
      programs: [...oauthEndpoints(rooms.identity.oauth, own), api.descriptionRoute],
      web,
      cookies,
      logger,
      own: { origin, loopbackPort: listensOnLoopback(config.host) ? listening.port : null },
      trustedProxies: config.trustedProxies,
      peerOf: (request) => listening.peerOf(request),
      bodies,
      gate: createFairGate(),
      probeStore: onceASecond(rooms.clock, () => rooms.store.probeWrite()),
    })
    answer = (request) => app.fetch(request)
    const isLive = (id: string) => rooms.identity.agents.isLive(id)
    const sweepSoon = onceInAWhile(rooms.clock, () => {
      openRequests.sweep((id) => isLive(id) || rooms.identity.personalTokens.isLive(id))
      gateway.sweep(isLive)
    })
    rooms.store.onOutsideChange(sweepSoon)
    rooms.identity.agents.onRevoked((tx) => tx.afterCommit(sweepSoon))
    const stopHousekeeping = startHousekeeping(rooms, sweepSoon, logger)

    const hasUsers = await rooms.identity.humans.hasUsers()
    const setupToken = hasUsers ? null : await rooms.identity.humans.newSetupToken(null)
    return {
      origin: origin.origin,
      port: listening.port,
      rooms,
      routes: app.routes.map(({ method, path }) => ({ method, path })),
      setupLink: setupToken === null ? null : `${origin.origin}/setup?token=${setupToken}`,
      async stop() {
        stopHousekeeping()
        web.closeStreams()
        await rooms.approvals.stop(STOP_GRACE_MS)
        // A turn for the last answers to leave.
        await Bun.sleep(20)
        await gateway.close()
        await listening.stop()
        await rooms.upstreams.close()
        rooms.store.close()
        lock.release()
      },
    }
  } catch (error) {
    for (const act of undo.reverse()) await act()
    throw error
  }
}

/** Runs `act` a moment after it is asked to, once for all who asked meanwhile. */
function onceInAWhile(clock: Clock, act: () => void): () => void {
  let asked = false
  return () => {
    if (asked) return
    asked = true
    clock.schedule(clock.now() + SWEEP_AFTER_MS, () => {
      asked = false
      act()
    })
  }
}

/** A health check is open to anybody, and must not let anybody write as often as they like. */
function onceASecond(clock: Clock, probe: () => void): () => void {
  let last = { at: Number.NEGATIVE_INFINITY, error: null as unknown }
  return () => {
    const sinceMs = clock.now() - last.at
    // Below zero when the clock was set back meanwhile.
    if (sinceMs >= 1_000 || sinceMs < 0) {
      let failure: unknown = null
      try {
        probe()
      } catch (error) {
        failure = error
      }
      // Counted from its end: one that waited for a lock took seconds, and nobody else was served meanwhile.
      last = { at: clock.now(), error: failure }
    }
    if (last.error !== null) throw last.error
  }
}
