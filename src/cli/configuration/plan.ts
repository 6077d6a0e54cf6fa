import { AppError } from '../../lib/errors.ts'
import { failPoint } from '../../lib/fail-point.ts'
import type { Rooms } from '../../server/server.ts'
import type { Tx } from '../../store/store.ts'
import type { NewConnection, PreparedConnection } from '../../upstreams/upstreams.ts'
import { CommandError } from '../output.ts'
import type { Configuration } from './configuration-file.ts'
import { type Change, difference, missing, type Refuse, refuseOthers } from './difference.ts'
import { newConnection } from './new-connection.ts'
import { type PresentConnection, presentWithin } from './present-connection.ts'
import { wantedConnection } from './wanted-connection.ts'

/** What is to be done, all of which has been tried that can be tried before anything is written. */
export interface Plan {
  changes: Change[]
  /** All of it or nothing. @throws CommandError when it would be something else by now. */
  commit(): void
}

/** @throws CommandError */
export async function planChanges(
  { rooms, userId }: { rooms: Rooms; userId: string },
  { connections, refusal }: Configuration,
  { prune }: { prune: boolean },
): Promise<Plan> {
  const { store, catalogue } = rooms
  const refuse: Refuse = (slug, field, sentence) =>
    refusal(['connections', slug, ...(field === null ? [] : [field].flat())], sentence)
  const wanted = [...connections].map(([slug, entry]) => wantedConnection(slug, entry, { catalogue, refusal }))
  const present = store.quickTransaction((tx) => presentWithin(tx, rooms, userId))
  refuseOthers({ wanted, present }, refuse)
  const toAdd = missing({ wanted, present }).map((each) => newConnection(each, { userId, catalogue, refuse }))
  const prepared = await prepareAll(toAdd, rooms, refuse)
  const read = new Map([...prepared].map(([slug, { tools }]) => [slug, tools]))
  const changesFrom = (from: PresentConnection[]) => difference({ wanted, present: from, read, prune }, refuse)
  const changes = changesFrom(present)

  function isStillWanted(now: PresentConnection[]): boolean {
    try {
      refuseOthers({ wanted, present: now }, refuse)
      return Bun.deepEquals(changesFrom(now), changes)
    } catch (error) {
      if (error instanceof CommandError) return false
      throw error
    }
  }

  return {
    changes,
    commit() {
      store.transaction((tx) => {
        if (!isStillWanted(presentWithin(tx, rooms, userId)))
          throw new CommandError('Something was changed meanwhile, so nothing is done: apply again.')
        for (const change of changes) {
          failPoint('applying')
          make(tx, change, { rooms, userId, prepared })
        }
      })
      failPoint('applied')
    },
  }
}

type Prepared = ReadonlyMap<string, PreparedConnection>

/** All at once; of several that fail the first in the file is told. */
async function prepareAll(toAdd: NewConnection[], { upstreams }: Rooms, refuse: Refuse): Promise<Prepared> {
  const tried = await Promise.allSettled(toAdd.map((each) => upstreams.prepare(each)))
  return new Map(
    tried.map((end, i) => {
      const slug = toAdd[i]?.slug ?? ''
      if (end.status === 'fulfilled') return [slug, end.value] as const
      if (end.reason instanceof AppError)
        throw refuse(slug, null, `${slug} cannot be added, so nothing is done: ${end.reason.message}`)
      throw end.reason
    }),
  )
}

function make(
  tx: Tx,
  change: Change,
  { rooms: { upstreams, policy }, userId, prepared }: { rooms: Rooms; userId: string; prepared: Prepared },
): void {
  if (change.kind === 'add') {
    get(prepared, change.wanted.slug).addWithin(tx)
  } else if (change.kind === 'remove') {
    upstreams.removeWithin(tx, change.connectionId, 'operator')
  } else {
    const { slug, tool: toolName, after, definition } = change
    const connectionId = change.connectionId ?? get(prepared, slug).id
    const tool = { userId, connectionId, toolName, actor: 'operator' as const }
    if (after === null) policy.forgetToolWithin(tx, tool)
    else policy.setWithin(tx, { ...tool, mode: after.mode, definitionHash: after.definitionHash ?? definition ?? '' })
  }
}

function get(prepared: Prepared, slug: string): PreparedConnection {
  const found = prepared.get(slug)
  if (!found) throw new Error('A connection was about to be added that was not prepared')
  return found
}
