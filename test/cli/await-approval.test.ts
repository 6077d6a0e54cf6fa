import { describe, expect, test } from 'bun:test'
import { agentConsole } from '../harness/agent-console.ts'

const terminal = agentConsole()
const { agent, refused } = terminal

/** The route of the contract (§4), giving one answer after the other, the last of them for ever. */
function awaitRoute(...answers: (object | number)[]) {
  const asked: { path: string; body: unknown }[] = []
  const server = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    async fetch(request) {
      asked.push({ path: new URL(request.url).pathname, body: await request.json() })
      const answer = answers.length > 1 ? answers.shift() : answers[0]
      if (typeof answer === 'number') return Response.json({ detail: 'There is no such request.' }, { status: answer })
      return Response.json({ ...REQUEST, ...answer })
    },
  })
  return {
    asked,
    env: { AGENTPORT_INSTANCE_URL: `http://127.0.0.1:${server.port}` },
    [Symbol.dispose]: () => void server.stop(true),
  }
}

const REQUEST = {
  approval_request_id: 'r1',
  integration_id: 'bank',
  tool_name: 'pay',
  message: 'in words',
  expires_at: '2026-01-01T00:00:00Z',
  decision_mode: null,
}
const AWAIT = ['tools', 'await-approval', '--request-id', 'r1']

describe('await-approval', () => {
  test('waits through pending and is code 0 once approved; the call itself is left to be used', async () => {
    using route = awaitRoute(
      { status: 'pending' },
      { status: 'pending' },
      { status: 'approved', decision_mode: 'once' },
    )
    const { code, stdout, stderr } = await agent([...AWAIT, '-o', 'json'], { env: route.env })
    expect([code, stderr]).toEqual([0, ''])
    expect(JSON.parse(stdout)).toEqual({ ...REQUEST, status: 'approved', decision_mode: 'once' })
    expect(route.asked.map(({ path }) => path)).toEqual(Array(3).fill('/api/tool-approvals/requests/r1/await'))
  })

  test.each([
    ['pending', 2, 'Approval still pending.'],
    ['denied', 1, 'Denied: in words'],
    ['expired', 1, 'Expired: in words'],
    ['consumed', 1, 'Consumed: in words'],
  ])('%s is code %d', async (status, expected, words) => {
    using route = awaitRoute({ status })
    const { code, stdout, stderr } = await agent([...AWAIT, '--timeout', '0.2', '-o', 'json'], { env: route.env })
    expect([code, stderr]).toEqual([expected, `${words}\n`])
    expect(JSON.parse(stdout)).toMatchObject({ status })
  })

  test('takes the link as well as the id, and exactly one of them', async () => {
    using route = awaitRoute({ status: 'approved' })
    const { env } = route
    const byLink = ['tools', 'await-approval', '--approval-url', 'http://localhost:4747/approve/r1?x']
    expect((await agent(byLink, { env })).code).toBe(0)
    expect(route.asked[0]?.path).toBe('/api/tool-approvals/requests/r1/await')
    await refused([...byLink, '--request-id', 'r1'], 'Give one of --request-id and --approval-url.', { env })
    await refused(['tools', 'await-approval'], 'Give one of --request-id and --approval-url.', { env })
    await refused(['tools', 'await-approval', '--approval-url', 'http://localhost/'], /^That is no approval link/, {
      env,
    })
  })

  test('whatever the answer names its fields, a terminal is shown text', async () => {
    const evil = '\u001b]0;owned\u0007\u009b2J\u202e\r\nforged'
    using route = awaitRoute({ status: 'denied', message: evil, [evil]: { [evil]: evil } })
    const { stdout, stderr } = await agent([...AWAIT, '-o', 'human'], { env: route.env })
    expect(stdout + stderr).not.toMatch(/(?!\n)[\p{Cc}\p{Cf}]|^forged/mu)
    expect(stdout).toContain('\\u{1b}]0;owned')
  })

  test('a request that is not there, or a gateway that is busy, is told from one that waits', async () => {
    using gone = awaitRoute(404)
    await refused(AWAIT, 'There is no such request.', { env: gone.env })
    using busy = awaitRoute(429, { status: 'approved' })
    expect((await agent(AWAIT, { env: busy.env })).code).toBe(0)
    expect(busy.asked).toHaveLength(2)
    await refused(AWAIT, /cannot be reached, and nothing was sent/, {
      env: { AGENTPORT_INSTANCE_URL: 'http://127.0.0.1:1' },
    })
  })
})
