import { AppError } from '../lib/errors.ts'
import { isWithin, type ListedTool, type ToolLookup, type ToolSearch, type Within } from './tool-catalog.ts'
import type { Connection, InstalledConnection, NewConnection, TokenPlace, Upstreams } from './upstreams.ts'

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
  /** @throws AppError */
  add(connection: Omit<NewConnection, 'userId'>): Promise<{ connection: Connection; tools: number }>
}

export function reachableBy({ userId, connections: within }: Asking, upstreams: Upstreams): Reachable {
  return {
    async connections() {
      return (await upstreams.connections(userId)).filter((connection) => isWithin(within, connection))
    },
    async find(slug) {
      const connection = await upstreams.find(userId, slug)
      return connection && isWithin(within, connection) ? connection : null
    },
    tool: (slug, name) => upstreams.tool(userId, slug, name, within),
    searchTools: (search) => upstreams.searchTools({ ...search, userId, within }),
    async add(connection) {
      if (within !== null)
        throw new AppError('forbidden', 'This agent is limited to chosen connections. Ask its owner to add another.')
      return upstreams.add({ ...connection, userId })
    },
  }
}
