import { join } from 'node:path'

export interface Ran {
  code: number
  stdout: string
  stderr: string
}

const MAIN = join(import.meta.dir, '../../src/main.ts')

/** An operator command as a process of its own, over a data directory. */
export async function operatorCommand(
  dataDir: string,
  words: string[],
  { stdin, env }: { stdin?: string; env?: Record<string, string> } = {},
): Promise<Ran> {
  const child = Bun.spawn([process.execPath, MAIN, ...words, '--data', dataDir], {
    stdin: stdin === undefined ? 'ignore' : new Blob([stdin]),
    stdout: 'pipe',
    stderr: 'pipe',
    env: { PATH: process.env.PATH ?? '', ...env },
  })
  const [stdout, stderr, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ])
  return { code, stdout, stderr }
}
