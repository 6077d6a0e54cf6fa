import { existsSync, lstatSync, mkdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import type { JsonValue } from '../../lib/json.ts'
import { writePrivately } from '../instance/settings-file.ts'
import { CommandError } from '../output.ts'
import type { Client, Target } from './clients.ts'
import { type ConfigurationText, configurationText } from './configuration-text.ts'
import type { Places } from './places.ts'

/** What is about to be done to a file; nothing is until `write`. */
export interface Change {
  path: string
  before: string
  /** Null: the file goes. */
  after: string | null
  /** @throws CommandError when the file is no longer what the change was made for. */
  write(): void
}

/** A client's configuration as it lies there. */
export class ConfigurationFile {
  readonly path: string
  readonly #text: ConfigurationText

  constructor(
    readonly client: Client,
    places: Places,
  ) {
    this.path = client.config(places)
    this.#text = configurationText(client.format, client.path)
  }

  /** Our entry in it. @throws CommandError */
  get entry(): JsonValue | undefined {
    const text = this.#read() ?? ''
    return this.#named(() => this.#text.get(text))
  }

  /** Null when it says so already. @throws CommandError */
  connect(target: Target): Change | null {
    const entry = this.client.entry(target)
    const found = this.#read()
    const before = found ?? ''
    return this.#named(() => {
      if (Bun.deepEquals(this.#text.get(before), entry, true)) return null
      const after = this.#text.set(before, entry)
      return {
        path: this.path,
        before,
        after,
        write: () => {
          this.#mustStillBe(found)
          this.#keep(found)
          this.#write(after, target.key !== null)
        },
      }
    })
  }

  /**
   * To what it was, to the letter, if it is still as we left it. What was changed in it since stays: then only our entry is taken out,
   * or the one that it replaced put back. Null when there is nothing of ours. @throws CommandError
   */
  undo(): Change | null {
    const found = this.#read()
    const backup = this.#readBackup()
    return this.#named(() => {
      const entry = found === null ? undefined : this.#text.get(found)
      if (found === null || entry === undefined) return null
      // Of a link only the link would go, and what it leads to stay behind with the key.
      const mayGo = this.#isOursAlone(found) && backup === null && !isLinkAt(this.path)
      const after = mayGo ? null : this.#without(found, backup, entry)
      return {
        path: this.path,
        before: found,
        after,
        write: () => {
          this.#mustStillBe(found)
          if (after === null) rmSync(this.path)
          else this.#write(after, false)
          rmSync(this.#backupPath, { force: true })
        },
      }
    })
  }

  /** While a person reads what would change, the client may write its file: what it wrote would be lost. @throws CommandError */
  #mustStillBe(found: string | null): void {
    if (this.#read() !== found)
      throw new CommandError(
        `${this.path} was changed by another program meanwhile. Nothing was written; try it again.`,
      )
  }

  get #backupPath(): string {
    return `${this.path}.before-agentport`
  }

  /** The copy is of the file as it was before there was anything of ours in it. */
  #keep(found: string | null): void {
    if (found === null) {
      rmSync(this.#backupPath, { force: true })
      return
    }
    const isFirst = this.#text.get(found) === undefined
    if (isFirst || (this.#readBackup() === null && !this.#isOursAlone(found))) writePrivately(this.#backupPath, found)
  }

  #without(found: string, backup: string | null, entry: JsonValue): string {
    if (backup === null) return this.#text.set(found, undefined, true)
    if (this.#text.set(backup, entry) === found) return backup
    return this.#text.set(found, this.#text.get(backup), !this.#text.hasPlace(backup))
  }

  /** Made by us, and never changed by anybody else. */
  #isOursAlone(text: string): boolean {
    const entry = this.#text.get(text)
    return entry !== undefined && this.#text.set('', entry) === text
  }

  #write(text: string, holdsKey: boolean): void {
    mkdirSync(dirname(this.path), { recursive: true })
    const mode = statSync(this.path, { throwIfNoEntry: false })?.mode ?? 0o600
    // A key is nobody else's to read.
    writePrivately(this.path, text, holdsKey ? mode & 0o700 : mode & 0o777)
  }

  #read(): string | null {
    return readExactly(this.path)
  }

  #readBackup(): string | null {
    return readExactly(this.#backupPath)
  }

  #named<T>(act: () => T): T {
    try {
      return act()
    } catch (error) {
      if (error instanceof CommandError) throw new CommandError(`${this.path}: ${error.message}`)
      throw error
    }
  }
}

/** Null where there is no file. @throws CommandError for what could not be written back as it was. */
function readExactly(path: string): string | null {
  if (!existsSync(path)) {
    if (isLinkAt(path)) throw new CommandError(`${path} is a link that leads nowhere. Mend it first.`)
    return null
  }
  if (!statSync(path).isFile()) throw new CommandError(`${path} is not a file.`)
  const bytes = readFileSync(path)
  const text = bytes.toString('utf8')
  if (!Buffer.from(text).equals(bytes)) throw new CommandError(`${path} is not in UTF-8. Mend it first.`)
  return text
}

const isLinkAt = (path: string): boolean => lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true
