import { tempDir } from '../../test/harness/temp-dir.ts'
import type { Stage } from './stage.ts'

/** One kind of trouble, over a data directory of its own. */
export interface Kind {
  dataDir: string
  /** One life of the gateway, or a few. @throws when what must be is not. */
  round(stage: Stage): Promise<void>
  /** What happened, for the report. */
  says(): string
  /** What should have happened at least once and has not, for else the rounds prove nothing. */
  lacks(): string | null
  remove(): void
}

/** Counts what happened, by name. */
export class Counts {
  readonly #counts: { [name: string]: number } = {}

  add(name: string): void {
    this.#counts[name] = this.of(name) + 1
  }

  of(name: string): number {
    return this.#counts[name] ?? 0
  }

  toString(): string {
    return Object.entries(this.#counts)
      .map(([name, count]) => `${count} ${name}`)
      .join(', ')
  }
}

export const onDisk = (): Pick<Kind, 'dataDir' | 'remove'> => {
  const { path, remove } = tempDir()
  return { dataDir: path, remove }
}
