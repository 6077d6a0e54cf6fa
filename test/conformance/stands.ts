import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { silentLogger } from '../../src/lib/logger.ts'
import { readConfig, serve } from '../../src/server/server.ts'
import { EMAIL, PASSWORD } from '../harness/app.ts'
import { freePort, until } from '../harness/everything.ts'
import { tempDir } from '../harness/temp-dir.ts'
import { newFixtureServer } from './fixture-server.ts'
import { startForwarder } from './key-forwarder.ts'

/** An AgentPort that the official suite can call without a credential. */
export interface Stand {
  url: string
  stop(): Promise<void>
}

/**
 * The whole app as it is served, with a real key, and only our eleven tools replaced by the suite's fixtures:
 * Host and Origin checks, the agent guard, sessions, body parsing and event streams are our own.
 */
export async function standWithFixtures(): Promise<Stand> {
  const data = tempDir()
  const forwarder = await startForwarder()
  const origin = `http://127.0.0.1:${forwarder.port}`
  const port = await freePort()
  const serving = await serve({
    config: readConfig({ data: data.path, port: String(port), url: origin }, {}),
    masterKey: null,
    logger: silentLogger,
    newMcpServer: newFixtureServer,
  })
  const { humans, agents } = serving.rooms.identity
  const user = await humans.addUser(EMAIL, PASSWORD, 'operator')
  const { key } = await agents.createKey(user.id, 'conformance', 'operator')
  forwarder.forwardTo(port, `X-API-Key: ${key}`)
  return {
    url: `${origin}/mcp`,
    async stop() {
      forwarder.close()
      await serving.stop()
      data.remove()
    },
  }
}

/** The executable as it ships, with our own tools. */
export async function standOfBinary(): Promise<Stand> {
  const program = join(import.meta.dir, '../../dist/agentport')
  if (!existsSync(program)) throw new Error('There is no dist/agentport. Run: bun run build')
  const data = tempDir()
  const forwarder = await startForwarder()
  const origin = `http://127.0.0.1:${forwarder.port}`
  const port = await freePort()
  const env = { PATH: process.env.PATH ?? '', HOME: data.path, AGENTPORT_DATA: data.path }
  const admin = (args: string[], input = '') => {
    const { success, stdout, stderr } = Bun.spawnSync([program, 'admin', ...args], { env, stdin: Buffer.from(input) })
    if (!success) throw new Error(`agentport admin ${args.join(' ')}: ${stderr}`)
    return stdout.toString().trim()
  }
  admin(['user', 'add', EMAIL, '--password-stdin'], PASSWORD)
  const key = admin(['key', 'create', 'conformance'])
  const child = Bun.spawn([program, 'serve', '--port', String(port), '--url', origin], {
    env,
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  await until(() => fetch(`http://127.0.0.1:${port}/health`).then(({ ok }) => ok), 15_000)
  forwarder.forwardTo(port, `X-API-Key: ${key}`)
  return {
    url: `${origin}/mcp`,
    async stop() {
      forwarder.close()
      child.kill()
      await child.exited
      data.remove()
    },
  }
}
