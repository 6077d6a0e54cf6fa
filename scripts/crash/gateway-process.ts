import { join } from 'node:path'

const MAIN = join(import.meta.dir, '../../src/main.ts')
const CLOCKED = join(import.meta.dir, 'clocked-gateway.ts')
const MOST_FOR_START_MS = 15_000
/** Beyond a file size limit a write fails, as on a full disk, instead of killing the process. */
const BEARS_LIMITS = ['sh', '-c', 'trap "" XFSZ; exec "$@"', 'sh']

/** A server as its own process, which a round ends. */
export interface GatewayProcess {
  origin: string
  pid: number
  /** Resolves with how it ended. */
  exited: Promise<number>
  /** Whether it has died already. */
  isDead(): boolean
  kill(): void
  /** Tells it to stop; resolves with its exit code. */
  stop(): Promise<number>
  /** Sets its clock off from ours by so many milliseconds; only if it was started with one that can be. */
  setClock(offsetMs: number): void
  stderr(): Promise<string>
}

export interface StartGateway {
  dataDir: string
  port: number
  failPoints?: string
  /** Starts it with a clock of its own, so many milliseconds off from ours. */
  clockOffsetMs?: number
}

const program = ({ dataDir, port, clockOffsetMs }: StartGateway): string[] => {
  const args = ['--data', dataDir, '--port', String(port)]
  return clockOffsetMs === undefined ? [MAIN, 'serve', ...args] : [CLOCKED, String(clockOffsetMs), ...args]
}

/** @throws when it does not come up, unless it was told to die at some step. */
export async function startGateway(start: StartGateway): Promise<GatewayProcess> {
  const child = Bun.spawn([...BEARS_LIMITS, process.execPath, ...program(start)], {
    stdin: 'pipe',
    stdout: 'pipe',
    stderr: 'pipe',
    env: { PATH: process.env.PATH ?? '', AGENTPORT_FAIL_POINTS: start.failPoints ?? '' },
  })
  const stderr = new Response(child.stderr).text()
  let dead = false
  void child.exited.then(() => {
    dead = true
  })
  const origin = `http://localhost:${start.port}`
  const tooLong = setTimeout(() => child.kill('SIGKILL'), MOST_FOR_START_MS)
  const isUp = await saysThatItListens(child.stdout)
  clearTimeout(tooLong)
  if (!isUp && !start.failPoints) throw new Error(`The gateway did not start: ${await stderr}`)
  return {
    origin,
    pid: child.pid,
    exited: child.exited,
    isDead: () => dead,
    kill: () => child.kill('SIGKILL'),
    stop() {
      child.kill('SIGTERM')
      return child.exited
    },
    setClock(offsetMs) {
      child.stdin.write(`${offsetMs}\n`)
      void child.stdin.flush()
    },
    stderr: () => stderr,
  }
}

/** Its own word: somebody else may answer at its address. False when it ends without one. */
async function saysThatItListens(stdout: ReadableStream<Uint8Array>): Promise<boolean> {
  let said = ''
  for await (const chunk of stdout) {
    said += new TextDecoder().decode(chunk)
    if (said.includes(' listening on ')) return true
  }
  return false
}
