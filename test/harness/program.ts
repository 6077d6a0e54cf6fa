import { join } from 'node:path'

const MAIN = join(import.meta.dir, '../../src/main.ts')
/** How the program is started: from the checkout, or the binary that a test names. */
export type Program = readonly string[]
export const FROM_SOURCE: Program = [process.execPath, MAIN]
/** Where no file may grow: for the program the same as a disk without room, also for root, whom no permission stops. */
export const WITHOUT_ROOM: Program = ['sh', '-c', 'trap "" XFSZ; ulimit -f 0; exec "$@"', 'sh', ...FROM_SOURCE]

export interface Ran {
  code: number
  stdout: string
  stderr: string
}

export interface RunOptions {
  program?: Program
  stdin?: string
  env?: Record<string, string>
  cwd?: string
}

/** Nothing of the test's own surroundings reaches the program. */
export const surroundings = (env: Record<string, string> = {}) => ({ PATH: process.env.PATH ?? '', ...env })

/** One command, to its end. */
export async function run(
  args: readonly string[],
  { program = FROM_SOURCE, stdin, env, cwd }: RunOptions = {},
): Promise<Ran> {
  const child = Bun.spawn([...program, ...args], {
    stdin: stdin === undefined ? 'ignore' : new Blob([stdin]),
    stdout: 'pipe',
    stderr: 'pipe',
    env: surroundings(env),
    ...(cwd === undefined ? {} : { cwd }),
  })
  const [stdout, stderr, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ])
  return { code, stdout, stderr }
}

export interface Server {
  origin: string
  pid: number
  /** What it has printed so far. */
  stdout(): string
  stderr(): string
  end(signal?: NodeJS.Signals): Promise<number>
}

/** `agentport serve` as a process, once it says that it listens. @throws with its words when it ends instead. */
export async function serveProgram(
  args: readonly string[],
  { program = FROM_SOURCE, env, cwd }: RunOptions = {},
): Promise<Server> {
  const child = Bun.spawn([...program, 'serve', ...args], {
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
    env: surroundings(env),
    ...(cwd === undefined ? {} : { cwd }),
  })
  let stdout = ''
  let stderr = ''
  const ready = Promise.withResolvers<string>()
  const follow = async (stream: ReadableStream<Uint8Array>, take: (text: string) => void) => {
    const decoder = new TextDecoder()
    for await (const chunk of stream) take(decoder.decode(chunk, { stream: true }))
  }
  const outDone = follow(child.stdout, (text) => {
    stdout += text
    const origin = /listening on (\S+)\n/.exec(stdout)?.[1]
    if (origin) ready.resolve(origin)
  })
  const errorDone = follow(child.stderr, (text) => {
    stderr += text
  })
  void Promise.all([child.exited, outDone, errorDone]).then(([code]) =>
    ready.reject(new Error(`The server ended with code ${code}: ${stdout}${stderr}`)),
  )
  const origin = await ready.promise
  return {
    origin,
    pid: child.pid,
    stdout: () => stdout,
    stderr: () => stderr,
    async end(signal = 'SIGTERM') {
      child.kill(signal)
      const code = await child.exited
      await Promise.all([outDone, errorDone])
      return code
    },
  }
}

/** Whether there is such a process. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
