import { describe, expect, test } from 'bun:test'
import { agentConsole, requestIn } from '../harness/agent-console.ts'

// As scripts for the original do it: the one command that goes over REST, against the real route.

const terminal = agentConsole()
const { far, agent, json, refused, pay } = terminal
const awaiting = (text: string, more: string[] = []) => [
  'tools',
  'await-approval',
  '--request-id',
  requestIn(text),
  ...more,
]

describe('the way of a script written for the original: call, await, call again', () => {
  test('runs the tool once', async () => {
    const asked = await agent(pay('anna'))
    expect(asked.code).toBe(2)
    expect((await agent(awaiting(asked.stderr, ['--timeout', '1']))).code).toBe(2)
    const waiting = json(awaiting(asked.stderr))
    await terminal.person.decide(requestIn(asked.stderr), 'once')
    expect(await waiting).toMatchObject({
      approval_request_id: requestIn(asked.stderr),
      status: 'approved',
      tool_name: 'pay',
    })
    const before = far.calls.length
    expect(await agent(pay('anna'))).toEqual({ code: 0, stdout: 'done\n', stderr: '' })
    expect(far.calls.length).toBe(before + 1)
    const after = await agent([...awaiting(asked.stderr), '-o', 'json'])
    expect(after.code).toBe(1)
    expect(JSON.parse(after.stdout)).toMatchObject({ status: 'consumed', result: { isError: false } })
  })

  test('runs it once also where the human allows it for good meanwhile', async () => {
    const asked = await agent(pay('bert'))
    await terminal.person.decide(requestIn(asked.stderr), 'always')
    expect((await agent(awaiting(asked.stderr))).code).toBe(0)
    const before = far.calls.length
    expect((await agent(pay('bert'))).code).toBe(0)
    expect(far.calls.length).toBe(before + 1)
    await terminal.app.setPolicy('bank', 'pay', 'require_approval')
  })

  test('ends with code 1 and the reason when it is denied', async () => {
    const asked = await agent(pay('carl'))
    await terminal.person.decide(requestIn(asked.stderr), 'deny', 'not him')
    const { code, stderr } = await agent(awaiting(asked.stderr))
    expect([code, stderr]).toEqual([1, expect.stringMatching(/^Denied: .*not him/)])
  })
})

test('a request of another agent is none', async () => {
  const asked = await agent(pay('dora'))
  const { key } = await terminal.app.newKey()
  await refused(awaiting(asked.stderr), /^There is no such request/, { env: { AGENTPORT_API_KEY: key } })
})
