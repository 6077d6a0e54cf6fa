import type { RequestRow } from '../../src/approvals/approvals.ts'
import type { JsonObject } from '../../src/lib/json.ts'
import type { ApprovalMode } from '../../src/policy/policy.ts'
import { type Agent, type Generation, outcome, requestId, type ToolResult } from './agent.ts'
import { type App, startApp } from './app.ts'
import { until } from './everything.ts'
import { FarEnd, type FarTool } from './far-end.ts'
import type { Person } from './person.ts'
import { TestClock } from './test-clock.ts'

export const MINUTE_MS = 60_000
export const HOUR_MS = 60 * MINUTE_MS

/** One far end, installed under a name of its own, and one agent with a key of its own. */
export interface Scene {
  far: FarEnd
  slug: string
  connectionId: string
  keyId: string
  key: string
  agent: Agent
  /** Calls the far end's first tool as this scene's agent. */
  call(args?: JsonObject, note?: string): Promise<ToolResult>
  /** The same, when a person has to be asked: the id of the request. */
  ask(args?: JsonObject, note?: string): Promise<string>
  await(requestId: string, seconds?: number): Promise<ToolResult>
  policy(mode: ApprovalMode): Promise<void>
  /** Another client of the same agent, or of another one. */
  client(generation?: Generation, key?: string): Promise<Agent>
}

/** The app with a clock that tests move, a signed-in person, and as many scenes as a file has tests. */
export interface Stage {
  app: App
  clock: TestClock
  person: Person
  scene(tools?: FarTool[], generation?: Generation): Promise<Scene>
  row(requestId: string): Promise<RequestRow>
  notes(requestId: string): Promise<string[]>
  /** What the person reads at a request's link, and whether they are asked to decide. */
  page(requestId: string): Promise<{ asks: boolean; text: string }>
  /** Resolves once somebody waits until so many seconds from now. */
  waiting(seconds?: number): Promise<unknown>
  strike(): Promise<void>
}

export async function startStage(): Promise<Stage> {
  const clock = new TestClock()
  const app = await startApp({ clock })
  const person = await app.person()
  const closing: (() => Promise<unknown>)[] = []
  const find = async (id: string) => {
    const found = await app.rooms.approvals.find(app.userId, id)
    if (!found) throw new Error(`There is no request ${id}`)
    return found
  }

  let scenes = 0
  async function scene(tools?: FarTool[], generation?: Generation): Promise<Scene> {
    const far = new FarEnd(tools).start()
    closing.push(() => far.stop())
    const slug = `far-${++scenes}`
    const { id: connectionId } = await app.install(slug, far.url)
    const { id: keyId, key } = await app.newKey(`agent ${scenes}`)
    const client = async (as = generation, credential = key) => {
      const agent = await app.agent(as, credential)
      closing.push(() => agent.close())
      return agent
    }
    const agent = await client()
    const tool = far.tools[0]?.name ?? 'run'
    const call = (args: JsonObject = {}, note?: string) => agent.call(slug, tool, args, note)
    return {
      far,
      slug,
      connectionId,
      keyId,
      key,
      agent,
      call,
      async ask(args, note) {
        const asked = await call(args, note)
        if (outcome(asked) !== 'approval_required') throw new Error(`Nobody was asked: ${JSON.stringify(asked)}`)
        return requestId(asked)
      },
      await: (id, seconds) => agent.await(id, seconds),
      policy: (mode) => app.setPolicy(slug, tool, mode),
      client,
    }
  }

  return {
    app,
    clock,
    person,
    scene,
    row: async (id) => (await find(id)).request,
    notes: async (id) => (await find(id)).notes.map((note) => note.text),
    async page(id) {
      const html = await (await person.get(`/approve/${id}`)).text()
      const main = html.slice(html.indexOf('<main'))
      return { asks: main.includes('value="once"'), text: main.replace(/<[^>]*>/g, '').replace(/\s+/g, ' ') }
    },
    waiting: (seconds = 20) => until(() => clock.due.includes(clock.now() + seconds * 1000)),
    async strike() {
      for (const close of closing.reverse()) await close().catch(() => {})
      await app.stop()
    },
  }
}

/** A promise that a test keeps when it likes. */
export function latch(): { opened: Promise<void>; open(): void } {
  const { promise, resolve } = Promise.withResolvers<void>()
  return { opened: promise, open: resolve }
}

/** A far side that answers nothing until it is opened, and then fails. */
export function stuckFarSide() {
  const gate = latch()
  let asked = 0
  return {
    asked: () => asked > 0,
    open: gate.open,
    outbound: async () => {
      asked++
      await gate.opened
      return new Response(null, { status: 503 })
    },
  }
}

/** What came, within two seconds of real time. */
export const within = <T>(promise: Promise<T>) =>
  Promise.race([promise, Bun.sleep(2_000).then(() => 'still open' as const)])
