import { expect, test } from 'bun:test'
import { silentLogger } from '../../src/lib/logger.ts'
import { readConfig, serve } from '../../src/server/server.ts'
import { connectAgent, GENERATIONS } from '../harness/agent.ts'
import { tempDir } from '../harness/temp-dir.ts'

test('what breaks inside is told as a number only, by which our log has the rest', async () => {
  const data = tempDir()
  const logged: string[] = []
  const serving = await serve({
    config: readConfig({ data: data.path, port: '0' }, {}),
    masterKey: null,
    logger: { ...silentLogger, error: (_, fields) => logged.push(`${fields?.id} ${fields?.error}`) },
  })
  const { identity, store } = serving.rooms
  const user = await identity.humans.addUser('me@example.org', null, 'operator')
  const { key } = await identity.agents.createKey(user.id, 'agent', 'operator')
  store.db.run('ALTER TABLE connections RENAME TO lost')
  for (const generation of GENERATIONS) {
    const agent = await connectAgent(serving.origin, key, generation)
    const error: unknown = await agent.call('far', 'run').catch((thrown: unknown) => thrown)
    const told = /Internal error (\w{8})$/.exec(String(error))
    expect(String(error)).not.toContain('connections')
    expect(logged.at(-1)).toStartWith(`${told?.[1]} no such table: `)
    await agent.close()
  }
  await serving.stop()
  data.remove()
})
