import { expect } from 'bun:test'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { silentLogger } from '../../src/lib/logger.ts'
import { buildRooms, type Rooms } from '../../src/server/server.ts'
import { EMAIL, PASSWORD } from './app.ts'
import { type Ran, type RunOptions, run } from './program.ts'
import { tempDir } from './temp-dir.ts'

/** A data directory with the user of the app, and the operator's commands over it as processes of their own. */
export class Desk {
  readonly #dir = tempDir()
  readonly data = join(this.#dir.path, 'data')

  static async open(): Promise<Desk> {
    const desk = new Desk()
    await desk.withRooms(({ identity }) => identity.humans.addUser(EMAIL, PASSWORD, 'operator'))
    return desk
  }

  close(): void {
    this.#dir.remove()
  }

  admin(args: readonly string[], options: RunOptions = {}): Promise<Ran> {
    return run(['admin', ...args, '--data', this.data], options)
  }

  /** What a command that works printed. */
  async ok(args: readonly string[], options: RunOptions = {}): Promise<string> {
    const { code, stdout, stderr } = await this.admin(args, options)
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    return stdout
  }

  /** Code 1, nothing on stdout, and one sentence. */
  async refused(args: readonly string[], options: RunOptions = {}): Promise<string> {
    const { code, stdout, stderr } = await this.admin(args, options)
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr.trimEnd().split('\n')).toHaveLength(1)
    return stderr.trimEnd()
  }

  file(text: string, name = 'agentport.yaml'): string {
    const path = join(this.#dir.path, name)
    writeFileSync(path, text)
    return path
  }

  apply = (text: string, ...flags: string[]): Promise<string> => this.ok(['apply', this.file(text), ...flags])
  exported = (): Promise<string> => this.ok(['export'])

  addOwn(slug: string, url: string, ...more: string[]): Promise<string> {
    const how = more.length > 0 ? more : ['--no-auth']
    const place = ['custom', '--as', slug, '--url', url, '--allow-private-network']
    return this.ok(['integration', 'add', ...place, ...how])
  }

  /** What is stored, in this process. */
  async withRooms<T>(act: (rooms: Rooms) => Promise<T>): Promise<T> {
    const rooms = buildRooms({ dataDir: this.data, masterKey: null, logger: silentLogger })
    try {
      return await act(rooms)
    } finally {
      await rooms.upstreams.close()
      rooms.store.close()
    }
  }

  /** The names of the events of the log. */
  async events(): Promise<string[]> {
    const lines = (await this.ok(['audit', 'export'])).trimEnd().split('\n')
    return lines.map((line) => JSON.parse(line).name)
  }
}
