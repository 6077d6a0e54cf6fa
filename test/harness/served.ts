import { join } from 'node:path'

const MAIN = join(import.meta.dir, '../../src/main.ts')

/** `agentport serve` as a process of its own, which a test may kill. */
export interface Served {
  origin: string
  /** As the machine would: no goodbye, nothing flushed. */
  killHard(): Promise<void>
  /** As an operator would. @returns the exit code. */
  stop(): Promise<number>
}

export async function spawnServe(dataDir: string): Promise<Served> {
  const child = Bun.spawn([process.execPath, MAIN, 'serve', '--data', dataDir, '--port', '0'], {
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'inherit',
    env: { PATH: process.env.PATH ?? '' },
  })
  const origin = await firstOrigin(child.stdout)
  return {
    origin,
    async killHard() {
      child.kill('SIGKILL')
      await child.exited
    },
    async stop() {
      child.kill('SIGTERM')
      return child.exited
    },
  }
}

async function firstOrigin(stdout: ReadableStream<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder()
  let said = ''
  for await (const chunk of stdout) {
    said += decoder.decode(chunk, { stream: true })
    const origin = /listening on (\S+)\n/.exec(said)?.[1]
    if (origin) return origin
  }
  throw new Error(`The server did not start: ${said}`)
}
