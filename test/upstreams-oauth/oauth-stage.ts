import type { Logger } from '../../src/lib/logger.ts'
import type { OutboundFetch } from '../../src/lib/outbound.ts'
import { type Agent, connectAgent, type ToolResult } from '../harness/agent.ts'
import { type App, startApp } from '../harness/app.ts'
import type { FarTool } from '../harness/far-end.ts'
import { Person } from '../harness/person.ts'
import { TestClock } from '../harness/test-clock.ts'
import { GuardedEnd } from './guarded-end.ts'
import { installGuarded, signInTo } from './owner.ts'
import { SignInServer } from './sign-in-server.ts'

export interface OAuthStage {
  app: App
  clock: TestClock
  server: SignInServer
  end: GuardedEnd
  person: Person
  agent: Agent
  /** Another user of the same instance, signed in. */
  stranger(): Promise<Person>
  /** Installs the server once more, under a name of its own. */
  install(): Promise<string>
  /** Installed, signed in to, and its tools allowed. */
  connected(): Promise<string>
  connection(slug: string): Promise<NonNullable<Awaited<ReturnType<App['rooms']['upstreams']['find']>>>>
  call(slug: string, args?: { n: number }): Promise<ToolResult>
  strike(): Promise<void>
}

/** Nothing falls due by itself on it: the hourly look at all tools would renew tokens behind a test's back. */
class StillClock extends TestClock {
  override schedule(at: number, act: () => void): () => void {
    return at - this.now() >= HOUR_MS ? () => {} : super.schedule(at, act)
  }
}
const HOUR_MS = 60 * 60_000

/** The real app, a real authorization server of somebody else's, and a real MCP server that believes only the latter. */
export async function startOAuthStage({
  tools,
  logger,
  outbound,
}: {
  tools?: FarTool[]
  logger?: Logger
  outbound?: OutboundFetch
} = {}): Promise<OAuthStage> {
  const clock = new StillClock()
  const server = await new SignInServer().start()
  const end = new GuardedEnd(server, tools).start()
  const app = await startApp({
    clock,
    ...(logger ? { logger } : {}),
    ...(outbound ? { outbound } : {}),
  })
  const person = await app.person()
  const { key } = await app.newKey()
  const agent = await connectAgent(app.origin, key)
  let nth = 0
  const install = async () => {
    const slug = `far${++nth}`
    await installGuarded(app, slug, end)
    return slug
  }
  return {
    app,
    clock,
    server,
    end,
    person,
    agent,
    install,
    async stranger() {
      const email = `stranger${++nth}@example.org`
      const password = 'another long password'
      await app.rooms.identity.humans.addUser(email, password, 'operator')
      return new Person(app.origin, email, password).signIn()
    },
    async connected() {
      const slug = await install()
      await signInTo(person, slug)
      for (const { name } of end.far.tools) await app.setPolicy(slug, name, 'allow')
      return slug
    },
    async connection(slug) {
      const found = await app.rooms.upstreams.find(app.userId, slug)
      if (!found) throw new Error(`There is no connection ${slug}`)
      return found
    },
    call: (slug, args = { n: 1 }) => agent.call(slug, 'run', args),
    async strike() {
      await agent.close()
      await app.stop()
      await end.stop()
      await server.stop()
    },
  }
}
