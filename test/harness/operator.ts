import { type Ran, type RunOptions, run } from './program.ts'

/** An operator command as a process of its own, over a data directory. */
export const operatorCommand = (dataDir: string, words: string[], options: RunOptions = {}): Promise<Ran> =>
  run([...words, '--data', dataDir], options)
