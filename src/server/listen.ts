import { networkInterfaces } from 'node:os'

export interface Listening {
  port: number
  peerOf(request: Request): string | null
  stop(): Promise<void>
}

/** An address that another process holds. */
export class AddressInUse extends Error {}

/** Bun closes a connection that is silent for ten seconds unless told otherwise; waits here are longer than that. */
const IDLE_TIMEOUT_S = 255
const MAX_REQUEST_BYTES = 8 * 1024 * 1024

/**
 * Listens on `host`. "localhost" means both loopback addresses, or none: a stranger on the other one would get
 * what clients and people send there. @throws AddressInUse
 */
export function listen(
  host: string,
  port: number,
  fetch: (request: Request) => Response | Promise<Response>,
): Listening {
  const hosts = host === 'localhost' ? loopbackAddresses() : [host]
  const servers: Bun.Server<undefined>[] = []
  let chosen = port
  try {
    for (const hostname of hosts) {
      const server = Bun.serve({
        hostname,
        port: chosen,
        fetch,
        // Outside development Bun shares a port with whoever else asks for it, and half of our callers would reach them.
        reusePort: false,
        // Otherwise an error that nobody caught is answered with its stack.
        development: false,
        idleTimeout: IDLE_TIMEOUT_S,
        maxRequestBodySize: MAX_REQUEST_BYTES,
      })
      servers.push(server)
      chosen = server.port ?? chosen
    }
  } catch (error) {
    for (const server of servers) void server.stop(true)
    if ((error as { code?: string }).code !== 'EADDRINUSE') throw error
    throw new AddressInUse(
      `Port ${chosen} of ${host} is in use by another program. Stop it, or choose another with --port.`,
    )
  }
  return {
    port: chosen,
    peerOf(request) {
      for (const server of servers) {
        const peer = server.requestIP(request)
        if (peer) return peer.address
      }
      return null
    },
    async stop() {
      await Promise.all(servers.map((server) => server.stop(true)))
    },
  }
}

function loopbackAddresses(): string[] {
  const all = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? [])
  const hasIPv6 = all.some((each) => each.family === 'IPv6' && each.internal)
  return hasIPv6 ? ['127.0.0.1', '::1'] : ['127.0.0.1']
}
