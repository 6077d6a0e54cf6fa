import type { Actor } from '../audit/audit.ts'
import { AppError } from '../lib/errors.ts'
import { planInstall, type Wanted } from './agent-install.ts'
import { isWithin, type ListedTool, type ToolLookup, type ToolSearch, type Within } from './tool-catalog.ts'
import type { Connection, InstalledConnection, TokenPlace, Upstreams } from './upstreams.ts'

/** Whoever asks on behalf of an agent. */
export interface Asking {
  userId: string
  /** Ids of the connections it may use; null for all. */
  connections: Within
}

/** What one agent can see and use of its user's connections: the only way in which a door that agents come through is given them. */
export interface Reachable {
  connections(): Promise<InstalledConnection[]>
  find(slug: string): Promise<(InstalledConnection & { token: TokenPlace | null }) | null>
  tool(slug: string, name: string): Promise<ToolLookup>
  searchTools(search: ToolSearch): Promise<ListedTool[]>
  /** Adds an integration of the catalogue; one that still waits for its credential goes on waiting. @throws AppError */
  install(wanted: Wanted, actor: Actor): Promise<{ connection: Connection; tools: number }>
}

export function reachableBy({ userId, connections: within }: Asking, upstreams: Upstreams): Reachable {
  async function connections() {
    return (await upstreams.connections(userId)).filter((connection) => isWithin(within, connection))
  }

  return {
    connections,
    async find(slug) {
      const connection = await upstreams.find(userId, slug)
      return connection && isWithin(within, connection) ? connection : null
    },
    tool: (slug, name) => upstreams.tool(userId, slug, name, within),
    searchTools: (search) => upstreams.searchTools({ ...search, userId, within }),
    async install(wanted, actor) {
      const plan = planInstall(wanted, await connections())
      if ('waits' in plan) return { connection: plan.waits, tools: 0 }
      if (within !== null)
        throw new AppError('forbidden', 'This agent is limited to chosen connections. Ask its owner to add another.')
      return upstreams.add({ ...plan.add, userId, allowPrivateNetwork: false, actor })
    },
  }
}
