/** A script as a process of its own that is spoken to in lines. It says `ready` first. */
export class LineProcess {
  readonly #child
  readonly #lines: AsyncIterator<string>

  constructor(script: string, ...args: string[]) {
    this.#child = Bun.spawn([process.execPath, script, ...args], {
      stdin: 'pipe',
      stdout: 'pipe',
      stderr: 'inherit',
      env: { PATH: process.env.PATH ?? '' },
    })
    this.#lines = lines(this.#child.stdout)
  }

  async ready(): Promise<this> {
    const said = await this.#line()
    if (said !== 'ready') throw new Error(`The process said ${said}`)
    return this
  }

  /** One line to it, and the JSON line that comes back. */
  async ask(line: string): Promise<unknown> {
    this.#child.stdin.write(`${line}\n`)
    await this.#child.stdin.flush()
    return JSON.parse(await this.#line())
  }

  async #line(): Promise<string> {
    const { value, done } = await this.#lines.next()
    if (done) throw new Error(`The process ended with code ${await this.#child.exited}`)
    return value
  }

  async stop(): Promise<void> {
    this.#child.kill()
    await this.#child.exited
  }
}

async function* lines(stream: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  let rest = ''
  for await (const chunk of stream.pipeThrough(new TextDecoderStream() as never) as unknown as AsyncIterable<string>) {
    const parts = (rest + chunk).split('\n')
    rest = parts.pop() ?? ''
    yield* parts
  }
}
