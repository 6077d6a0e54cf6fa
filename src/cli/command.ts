/** One line of the command line's contents page, and all that help and completions know of it. */
export interface Command {
  /** As it is typed: `tools call`. */
  words: string
  /** What follows the words. Each flag it takes stands here. */
  takes: string
  /** What it does, in a sentence or two. */
  about: string
  /** A line, or several, to copy. */
  example: string
  /** What its first argument can be, for completions. */
  choices?: readonly string[]
  /** @returns the exit code, if it is not always 0. */
  run(argv: string[]): Promise<void> | Promise<number>
}

export const usageOf = ({ words, takes }: Pick<Command, 'words' | 'takes'>): string =>
  `agentport ${words} ${takes}`.trimEnd()

/** Commands that belong together, as help shows them. */
export interface CommandGroup {
  /** What holds for all of them. */
  note: string
  /** Flags that all of them take. */
  flags: readonly string[]
  commands: readonly Command[]
}

/** Those that stand in what the command takes, and those of its group. */
export const flagsOf = ({ takes }: Command, group: CommandGroup): string[] => [
  ...new Set([
    ...(takes.match(/--[a-z][a-z-]*/g) ?? []),
    ...(takes.includes('[-o ') ? ['--output'] : []),
    ...group.flags,
    '--help',
  ]),
]
