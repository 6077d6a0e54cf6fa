import type { JsonObject } from '../../src/lib/json.ts'
import { until } from './everything.ts'
import { type Program, surroundings } from './program.ts'

/** `agentport bridge` as a process whose client is the test, line by line. */
export class RawBridge {
  /** Every line that it wrote, parsed: a line that is no JSON breaks the test. */
  readonly said: (JsonObject | JsonObject[])[] = []
  readonly exited: Promise<number>
  readonly pid: number
  readonly #child: Bun.Subprocess<'pipe', 'pipe', 'pipe'>
  #stderr = ''

  constructor(program: Program, env: Record<string, string>) {
    this.#child = Bun.spawn([...program, 'bridge'], {
      stdin: 'pipe',
      stdout: 'pipe',
      stderr: 'pipe',
      env: surroundings(env),
    })
    this.pid = this.#child.pid
    const [outDone, errorDone] = [this.#readLines(), this.#readStderr()]
    this.exited = this.#child.exited.then(async (code) => {
      await Promise.all([outDone, errorDone])
      return code
    })
  }

  send(message: unknown): void {
    this.write(`${JSON.stringify(message)}\n`)
  }

  write(text: string): void {
    this.#child.stdin.write(text)
    this.#child.stdin.flush()
  }

  request(id: string | number, method: string, params: JsonObject = {}): Promise<JsonObject> {
    this.send({ jsonrpc: '2.0', id, method, params })
    return this.answer(id)
  }

  answer(id: string | number | null, timeoutMs = 20_000): Promise<JsonObject> {
    const isAnswer = (each: JsonObject | JsonObject[]): each is JsonObject =>
      !Array.isArray(each) && each.id === id && each.method === undefined
    return until(() => this.said.find(isAnswer), timeoutMs)
  }

  /** Of the older generation. */
  async initialize(protocolVersion = '2025-11-25'): Promise<JsonObject> {
    const clientInfo = { name: 'raw', version: '1' }
    const answer = await this.request('init', 'initialize', { protocolVersion, capabilities: {}, clientInfo })
    this.send({ jsonrpc: '2.0', method: 'notifications/initialized' })
    return answer
  }

  heard(method: string): number {
    return this.said.filter((each) => !Array.isArray(each) && each.method === method).length
  }

  stderr(): string {
    return this.#stderr
  }

  /** The client closes its end. */
  close(): void {
    this.#child.stdin.end()
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal)
  }

  async #readLines(): Promise<void> {
    let rest = ''
    const decoder = new TextDecoder()
    for await (const chunk of this.#child.stdout) {
      const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n')
      rest = lines.pop() ?? ''
      this.said.push(...lines.map((line) => JSON.parse(line) as JsonObject))
    }
    if (rest) throw new Error(`The bridge ended in the middle of a line: ${rest}`)
  }

  async #readStderr(): Promise<void> {
    this.#stderr = await new Response(this.#child.stderr).text()
  }
}
