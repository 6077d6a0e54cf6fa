import { Database } from 'bun:sqlite'
import { expect, test } from 'bun:test'
import { join } from 'node:path'
import { outcome } from '../harness/agent.ts'
import { startApp } from '../harness/app.ts'
import { FarEnd } from '../harness/far-end.ts'

test.each([
  ['was well', false],
  ['had failed before, so that there is more to write', true],
])(
  'a result that cannot be stored at once is stored as soon as it can, and told then: its server %s',
  async (_what, failed) => {
    const far = new FarEnd().start()
    const app = await startApp()
    await app.install('far', far.url)
    await app.setPolicy('far', 'run', 'allow')
    const agent = await app.agent()
    if (failed) {
      far.act = () => new Response(null, { status: 500 })
      expect(outcome(await agent.call('far', 'run', {}))).toBe('unknown')
    }
    const other = new Database(join(app.dataDir, 'agentport.db'))
    far.act = () => {
      other.run('BEGIN IMMEDIATE')
      // SQLite gives up waiting after five seconds, in which this process does nothing else.
      setTimeout(() => other.run('COMMIT'), 50)
      return { content: [{ type: 'text', text: 'the result' }] }
    }
    const result = await agent.call('far', 'run', {})
    expect(outcome(result)).toBe('executed')
    expect(result.content[0]?.text).toBe('the result')
    expect(far.calls).toHaveLength(failed ? 2 : 1)
    other.close()
    await agent.close()
    await app.stop()
    await far.stop()
  },
  30_000,
)
