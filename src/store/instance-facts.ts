import { eq } from 'drizzle-orm'
import { instanceFacts } from './schema/instance.ts'
import type { Db, Tx } from './tx.ts'

/** Facts about this installation that belong to no user. */
export type InstanceFact = 'origin'

export const findFact = (db: Db, name: InstanceFact): string | null =>
  db.select().from(instanceFacts).where(eq(instanceFacts.name, name)).get()?.value ?? null

export function setFact(tx: Tx, name: InstanceFact, value: string): void {
  tx.db
    .insert(instanceFacts)
    .values({ name, value })
    .onConflictDoUpdate({ target: instanceFacts.name, set: { value } })
    .run()
}
