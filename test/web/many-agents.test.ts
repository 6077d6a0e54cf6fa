import { afterAll, beforeAll, expect, test } from 'bun:test'
import { insertAgent } from '../../src/identity/agents/queries.ts'
import { newId } from '../../src/lib/ids.ts'
import { type App, startApp } from '../harness/app.ts'
import type { Person } from '../harness/person.ts'

// Programs sign in anew for years, and each time leaves an agent behind that is over.

const ENDED = 10_000
let app: App
let person: Person

beforeAll(async () => {
  app = await startApp()
  person = await app.person()
  await app.newKey('the live one')
  app.rooms.store.transaction((tx) => {
    for (let i = 1; i <= ENDED; i++) {
      insertAgent(tx, {
        id: newId(),
        userId: app.userId,
        kind: 'oauth_client',
        name: `program ${i}.`,
        prefix: null,
        keyHash: null,
        clientId: `client-${i}`,
        connections: null,
        createdAt: i,
        expiresAt: null,
        firstUsedAt: i,
        lastUsedAt: i,
        lastUsedFrom: null,
        program: null,
        revokedAt: i,
      })
    }
  })
})
afterAll(() => app.stop())

const get = async (path: string) => {
  const response = await person.get(path)
  expect(response.status).toBe(200)
  return response.text()
}

test.each(['/agents', '/log', '/connect', '/connect/arrivals?since=0', '/'])(
  '%s stays small and quick for an owner with ten thousand ended sign-ins',
  async (path) => {
    await get(path)
    const from = performance.now()
    const html = await get(path)
    expect(performance.now() - from).toBeLessThan(250)
    expect(html.length).toBeLessThan(100_000)
  },
)

test('the page Agents shows the newest of the ended, and the way to all others', async () => {
  const names = new Set<string>()
  let path: string | null = '/agents'
  for (let pages = 0; path !== null && pages < 3; pages++) {
    const html = await get(path)
    expect(html.includes('the live one')).toBe(pages === 0)
    const shown = [...html.matchAll(/program (\d+)\./g)].map(([, n]) => Number(n))
    expect(shown[0]).toBe(ENDED - names.size)
    for (const n of shown) names.add(String(n))
    path = /href="(\/agents\?before=[^"]+)"/.exec(html)?.[1]?.replaceAll('&amp;', '&') ?? null
  }
  expect(names.size).toBe(150)
  expect(await get(`/agents?before=51.${'0'.repeat(26)}`)).not.toContain('before=')
})

test('a place in the list that is not one of ours is refused', async () => {
  expect((await person.get('/agents?before=x')).status).toBe(400)
})
