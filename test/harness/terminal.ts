import type { RunOptions } from './program.ts'
import { FROM_SOURCE, surroundings } from './program.ts'

export interface OnTerminal {
  /** What it has written so far, as a terminal would get it. */
  written(): string
  /** As if a person typed. */
  type(text: string): void
  exited: Promise<number>
}

/** A command at a pseudo-terminal of its own. */
export function runOnTerminal(
  args: readonly string[],
  { program = FROM_SOURCE, env, cwd, columns = 80 }: RunOptions & { columns?: number } = {},
): OnTerminal {
  let written = ''
  const decoder = new TextDecoder()
  const child = Bun.spawn([...program, ...args], {
    env: { TERM: 'xterm-256color', ...surroundings(env) },
    ...(cwd === undefined ? {} : { cwd }),
    terminal: {
      cols: columns,
      rows: 24,
      data: (_, bytes) => {
        written += decoder.decode(bytes, { stream: true })
      },
    },
  })
  return {
    written: () => written,
    type: (text) => void child.terminal?.write(text),
    // What was written last is read a moment later.
    exited: child.exited.then(async (code) => {
      await Bun.sleep(100)
      return code
    }),
  }
}
