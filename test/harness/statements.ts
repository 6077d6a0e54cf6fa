import { Database } from 'bun:sqlite'
import { spyOn } from 'bun:test'
import type { Store } from '../../src/store/store.ts'

/** The statements that an act runs, as SQLite gets them. */
export function statementsOf(store: Store, act: () => void): string[] {
  const asked: string[] = []
  const { $client } = store.db as unknown as { $client: Database }
  const spy = spyOn($client, 'prepare').mockImplementation(((text: string) => {
    asked.push(text)
    return Database.prototype.prepare.call($client, text)
  }) as typeof $client.prepare)
  try {
    act()
  } finally {
    spy.mockRestore()
  }
  return asked
}
