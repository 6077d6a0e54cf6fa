import { join } from 'node:path'
import { until } from '../../test/harness/everything.ts'

const MAIN = join(import.meta.dir, '../../src/main.ts')

/** A server as its own process, which a round kills. */
export interface GatewayProcess {
  origin: string
  /** Resolves with how it ended. */
  exited: Promise<number>
  /** Whether it has died already. */
  isDead(): boolean
  kill(): void
  stderr(): Promise<string>
}

export async function startGateway(
  dataDir: string,
  port: number,
  failPoints = '',
  wrapper: string[] = [],
): Promise<GatewayProcess> {
  const child = Bun.spawn([...wrapper, process.execPath, MAIN, 'serve', '--data', dataDir, '--port', String(port)], {
    stdout: 'ignore',
    stderr: 'pipe',
    env: { PATH: process.env.PATH ?? '', AGENTPORT_FAIL_POINTS: failPoints },
  })
  const stderr = new Response(child.stderr).text()
  let dead = false
  void child.exited.then(() => {
    dead = true
  })
  const origin = `http://localhost:${port}`
  await until(async () => dead || (await fetch(`${origin}/health`)).ok, 15_000)
  if (dead && !failPoints) throw new Error(`The gateway did not start: ${await stderr}`)
  return { origin, exited: child.exited, isDead: () => dead, kill: () => child.kill('SIGKILL'), stderr: () => stderr }
}
