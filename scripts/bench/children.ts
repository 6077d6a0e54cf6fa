// The processes that the bench starts: each is stopped when the bench ends, however it ends.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'

const children = new Set<Bun.Subprocess>()

export function keep<T extends Bun.Subprocess>(child: T): T {
  children.add(child)
  void child.exited.then(() => children.delete(child))
  return child
}

export async function stopAll(): Promise<void> {
  const all = [...children]
  for (const child of all) child.kill()
  const late = Bun.sleep(5_000).then(() => {
    for (const child of children) child.kill('SIGKILL')
  })
  await Promise.race([Promise.all(all.map((child) => child.exited)), late])
}

for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => stopAll().finally(() => process.exit(1)))
process.once('exit', () => {
  for (const child of children) child.kill('SIGKILL')
})

/** With as many open files as the machine lets it have; each waiting agent is a socket on both sides. */
export const withManyFiles = (command: string[]): string[] =>
  process.platform === 'win32' ? command : ['sh', '-c', 'ulimit -n "$(ulimit -Hn)" && exec "$@"', 'sh', ...command]

/** How many open files a process may have; null where there is no such limit. */
export async function mostFiles(): Promise<number | null> {
  if (process.platform === 'win32') return null
  const limit = Number(await runToEnd(['sh', '-c', 'ulimit -Hn']))
  return Number.isNaN(limit) ? null : limit
}

/** A script of ours as a process that is spoken to; `ask` resolves with its next message. */
export function startScript<Ask>(name: string) {
  let hear: (message: unknown) => void = () => {}
  let lose: (reason: Error) => void = () => {}
  const next = () =>
    new Promise<unknown>((resolve, reject) => {
      hear = resolve
      lose = reject
    })
  const first = next()
  const child = keep(
    Bun.spawn(withManyFiles([process.execPath, join(import.meta.dir, name)]), {
      stdio: ['ignore', 'inherit', 'inherit'],
      ipc: (message) => hear(message),
    }),
  )
  void child.exited.then((code) => lose(new Error(`${name} ended with code ${code}`)))
  return {
    pid: child.pid,
    /** What it says of its own accord when it is ready. */
    first,
    ask(message: Ask): Promise<unknown> {
      const answer = next()
      child.send(message)
      return answer
    },
  }
}

/** Runs a program to its end and gives what it printed. @throws with its own words when it fails. */
export async function runToEnd(command: string[], stdin = ''): Promise<string> {
  const child = keep(Bun.spawn(command, { stdin: new Blob([stdin]), stdout: 'pipe', stderr: 'pipe' }))
  const [out, err, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ])
  if (code !== 0) throw new Error(`${command.slice(1, 4).join(' ')} failed: ${err || out}`)
  return out
}

const TASKSET = process.platform === 'linux' ? Bun.which('taskset') : null
export const canPin = TASKSET !== null

/** Lets a process, with all its threads, run on these cores only. */
export async function pin(pid: number, cores: string): Promise<void> {
  if (TASKSET !== null) await runToEnd([TASKSET, '-a', '-c', '-p', cores, String(pid)])
}

/** Resident memory in megabytes (10^6 bytes). */
export async function residentMb(pid: number): Promise<number> {
  return (Number(await runToEnd(['ps', '-o', 'rss=', '-p', String(pid)])) * 1024) / 1e6
}

/** Processor time that a process has used, in milliseconds; null where the system does not tell. */
export function cpuMs(pid: number): number | null {
  if (process.platform !== 'linux') return null
  const [user = 0, system = 0] = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ')
    .slice(11, 13)
    .map(Number)
  return (user + system) * 10
}

/** Share of the machine's time that its host gave to others since boot, as [stolen, all] ticks; null where not told. */
export function stolenTicks(): [stolen: number, all: number] | null {
  if (process.platform !== 'linux') return null
  const ticks = readFileSync('/proc/stat', 'utf8').split('\n', 1)[0]?.split(/\s+/).slice(1, 9).map(Number) ?? []
  return [ticks[7] ?? 0, ticks.reduce((sum, each) => sum + each, 0)]
}
