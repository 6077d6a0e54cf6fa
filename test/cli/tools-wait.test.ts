import { describe, expect, test } from 'bun:test'
import { agentConsole, requestIn } from '../harness/agent-console.ts'
import { until } from '../harness/everything.ts'
import { ownServer } from '../harness/own-server.ts'
import { runOnTerminal } from '../harness/terminal.ts'

const terminal = agentConsole()
const { far, agent, pay, look } = terminal
const ESCAPE = '\u001b'

/** The request that a command under way has printed. */
const printed = (at: { written(): string }) =>
  until(() => at.written().includes('/approve/') && requestIn(at.written()))

describe('--wait', () => {
  test('prints the link first, and the result once a human has approved; the tool runs once', async () => {
    const before = far.calls.length
    const running = agent(pay('anna', ['--wait']))
    const id = await until(async () => (await terminal.app.rooms.approvals.waiting(terminal.app.userId))[0]?.id)
    await terminal.person.decide(id, 'once')
    expect(await running).toEqual({
      code: 0,
      stdout: 'done\n',
      stderr: `Approval required: ${terminal.app.origin}/approve/${id}\n`,
    })
    expect(far.calls.length).toBe(before + 1)
  })

  test('"Always approve" runs the waiting call, once', async () => {
    const before = far.calls.length
    const at = terminal.terminal(pay('anna', ['--wait']))
    await terminal.person.decide(await printed(at), 'always')
    expect(await at.exited).toBe(0)
    expect(far.calls.length).toBe(before + 1)
    await terminal.app.setPolicy('bank', 'pay', 'require_approval')
  })

  test('ends with code 1 when it is denied', async () => {
    const at = terminal.terminal(pay('bert', ['--wait']))
    await terminal.person.decide(await printed(at), 'deny')
    expect(await at.exited).toBe(1)
    expect(at.written()).toContain('Denied: A human denied this call.')
  })

  test('ends with code 2 and the link when --wait-timeout has passed', async () => {
    const { code, stdout, stderr } = await agent(pay('carl', ['--wait', '--wait-timeout', '1']))
    const link = `${terminal.app.origin}/approve/${requestIn(stderr)}`
    expect([code, stdout]).toEqual([2, ''])
    expect(stderr).toBe(`Approval required: ${link}\nApproval still pending: ${link}\n`)
  })

  test('of an allowed tool waits for nothing', async () => {
    expect(await agent(look(['--wait']))).toEqual({ code: 0, stdout: 'done\n', stderr: '' })
  })
})

describe('the live line', () => {
  test('moves on a terminal, fits it, and is gone at the end', async () => {
    const at = terminal.terminal(pay('dora', ['--wait']), { columns: 50 })
    const id = await printed(at)
    await until(() => at.written().includes('0:01'))
    await terminal.person.decide(id, 'once')
    expect(await at.exited).toBe(0)
    const [first = '', ...frames] = at.written().split(`\r${ESCAPE}[2K`)
    expect(first).toEndWith(`/approve/${id}\r\n`)
    const last = frames.pop()
    for (const frame of frames) expect(Bun.stringWidth(frame)).toBeLessThan(50)
    expect(new Set(frames).size).toBeGreaterThan(5)
    expect(last).toBe('done\r\n')
  })

  test('is nothing on a pipe', async () => {
    const { stderr } = await agent(pay('emil', ['--wait', '--wait-timeout', '2']))
    expect(stderr).not.toContain(ESCAPE)
    expect(stderr.trimEnd().split('\n')).toHaveLength(2)
  })
})

describe('Ctrl-C', () => {
  test('leaves at once with the code of an interrupted program; the request stays, and the same command goes on with it', async () => {
    const at = terminal.terminal(pay('fred', ['--wait']))
    const id = await printed(at)
    await until(() => at.written().includes('0:00'))
    at.type('\u0003')
    expect(await at.exited).toBe(130)
    const after = at.written().split(`\r${ESCAPE}[2K`).at(-1)
    expect(after).toBe('The request stays open: the same command again goes on with it.\r\nStopped.\r\n')
    await terminal.person.decide(id, 'once')
    expect(await agent(pay('fred'))).toEqual({ code: 0, stdout: 'done\n', stderr: '' })
  })

  test('on a call under way says that it may have taken effect', async () => {
    const reached = Promise.withResolvers<void>()
    far.act = async ({ cancelled }) => {
      reached.resolve()
      await new Promise((resolve) => cancelled.addEventListener('abort', resolve))
      return { content: [] }
    }
    const at = terminal.terminal(look())
    await reached.promise
    at.type('\u0003')
    expect(await at.exited).toBe(130)
    expect(at.written()).toContain('The call was under way, and may have taken effect.\r\nStopped.\r\n')
    far.act = () => ({ content: [{ type: 'text', text: 'done' }] })
  })
})

test('a server that is killed and started anew while a command waits is waited for, and gives the result of the one run', async () => {
  const { program } = terminal
  const server = await ownServer(program, far.url)
  const before = far.calls.length
  const at = runOnTerminal(pay('gina', ['--wait']), {
    program,
    env: { HOME: server.home, AGENTPORT_API_KEY: server.key, AGENTPORT_INSTANCE_URL: server.origin },
  })
  const id = await printed(at)
  await server.kill()
  await server.startAgain()
  expect((await (await server.person()).decide(id, 'once')).status).toBe(303)
  expect(await at.exited).toBe(0)
  expect(at.written()).toEndWith('done\r\n')
  expect(far.calls.length).toBe(before + 1)
  await server.stop()
}, 30_000)
