import type { Session } from './sessions.ts'

/** The signed-in person who tries a tool by hand, as whoever calls. No credential that an agent or a script has makes one. */
export interface Person {
  /** That of the user, so that nobody else's calls are ever theirs. */
  id: string
  kind: 'person'
  userId: string
  name: string
  /** All that they have. */
  connections: null
}

export const personOf = ({ user }: Session): Person => ({
  id: user.id,
  kind: 'person',
  userId: user.id,
  name: user.email,
  connections: null,
})
