// Two days of several agents at several tools, for pictures of a home page and a log that are in use.

import { type Clock, clockReading } from '../src/lib/clock.ts'
import { requestId } from '../test/harness/agent.ts'
import type { App } from '../test/harness/app.ts'
import { FarEnd } from '../test/harness/far-end.ts'

const HOUR_MS = 60 * 60_000
const MINUTE_MS = 60_000

const READS = { readOnlyHint: true }
const MAIL = [
  { name: 'search_threads', description: 'Finds conversations.', annotations: READS },
  { name: 'read_thread', description: 'Reads a conversation.', annotations: READS },
  {
    name: 'send_message',
    description: 'Sends a message.',
    annotations: { destructiveHint: true, openWorldHint: true },
  },
]
const ISSUES = [
  { name: 'list_issues', description: 'Lists issues.', annotations: READS },
  {
    name: 'create_issue',
    description: 'Opens an issue.',
    annotations: { readOnlyHint: false, destructiveHint: false },
  },
  {
    name: 'close_issue',
    description: 'Closes an issue.',
    annotations: { readOnlyHint: false, destructiveHint: false },
  },
]

/** Hours ago, who, where, what, and what the owner says where they are asked. */
type Line = [hoursAgo: number, agent: 0 | 1 | 2, slug: string, tool: string, args: object, word?: 'once' | 'deny']

const WEEKLY = { to: 'team@example.org', subject: 'What happened this week' }
const LINES: Line[] = [
  [30, 0, 'issues', 'list_issues', { state: 'open', label: 'bug' }],
  [29.2, 0, 'issues', 'create_issue', { title: 'Mugs arrive broken' }, 'once'],
  [28.7, 1, 'mail', 'search_threads', { query: 'from:anna broken' }],
  [28.5, 1, 'mail', 'read_thread', { thread: 't_1043' }],
  [26, 2, 'mail', 'send_message', WEEKLY, 'deny'],
  [25.9, 2, 'mail', 'send_message', { ...WEEKLY, to: 'me@example.org' }, 'once'],
  [22, 1, 'issues', 'close_issue', { number: 17 }],
  [19, 2, 'issues', 'list_issues', { state: 'closed', since: '7d' }],
  [16, 0, 'mail', 'search_threads', { query: 'invoice 2026-11' }],
  [15.5, 0, 'mail', 'read_thread', { thread: 't_1101' }],
  [15, 0, 'issues', 'close_issue', { number: 21 }, 'once'],
  [9, 2, 'issues', 'list_issues', { state: 'open' }],
  [6, 1, 'issues', 'create_issue', { title: 'Refunds need a second look', label: 'process' }, 'once'],
  [3, 1, 'mail', 'search_threads', { query: 'from:anna' }],
  [2.8, 1, 'mail', 'read_thread', { thread: 't_1043' }],
  [2.1, 0, 'issues', 'list_issues', { assignee: 'me' }],
  [1.2, 2, 'mail', 'search_threads', { query: 'is:unread newer_than:1d' }],
  [0.6, 0, 'issues', 'list_issues', { label: 'release' }],
  [0.4, 2, 'mail', 'read_thread', { thread: 't_1120' }],
]

/** A clock that goes on from wherever it is set to. */
export class SetClock implements Clock {
  #ahead = 0
  readonly #clock = clockReading(() => Date.now() + this.#ahead)
  now = () => this.#clock.now()
  schedule: Clock['schedule'] = (at, act) => this.#clock.schedule(at, act)
  set(at: number) {
    this.#ahead = at - Date.now()
  }
}

/** Begins in the past and ends now. @returns what ends the far sides. */
export async function liveThroughTwoDays(app: App, clock: SetClock): Promise<() => Promise<void>> {
  const ends: FarEnd[] = []
  const install = async (slug: string, tools: typeof MAIL) => {
    const far = new FarEnd(tools).start()
    // A text for each, of its own length, so that no two look alike.
    far.act = async (call) => {
      await Bun.sleep(5 + 11 * call.name.length)
      if (call.name === 'close_issue' && call.arguments.number === 21)
        return { content: [{ type: 'text', text: 'Issue 21 is locked.' }], isError: true }
      return { content: [{ type: 'text', text: JSON.stringify({ ok: true, of: call.arguments }) }] }
    }
    ends.push(far)
    await app.install(slug, far.url)
    for (const { name, annotations } of tools) {
      if ('readOnlyHint' in annotations && annotations.readOnlyHint) await app.setPolicy(slug, name, 'allow')
    }
  }
  await install('mail', MAIL)
  await install('issues', ISSUES)
  const agents = []
  for (const name of ['Codex in the terminal', 'Cursor at work', 'Weekly report']) {
    const { key } = await app.newKey(name)
    agents.push(await app.agent('v2-2026', key))
  }
  const now = Date.now()
  for (const [hoursAgo, agent, slug, tool, args, word] of LINES) {
    // Off the full minute, as people are.
    const at = now - hoursAgo * HOUR_MS - (Math.round(hoursAgo * 7_919) % MINUTE_MS)
    clock.set(at)
    await app.rooms.approvals.expireOverdue()
    const asker = agents[agent]
    if (!asker) continue
    const id = requestId(await asker.call(slug, tool, args as never))
    if (word === undefined) continue
    clock.set(at + 2 * MINUTE_MS)
    await app.rooms.approvals.decide(
      app.userId,
      id,
      word === 'deny' ? { mode: 'deny', reason: 'Only to me.' } : { mode: 'once' },
    )
    if (word === 'once') await asker.await(id)
  }
  clock.set(Date.now())
  for (const each of agents) await each.close()
  return async () => {
    for (const each of ends) await each.stop()
  }
}
