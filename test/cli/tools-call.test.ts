import { describe, expect, test } from 'bun:test'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { agentConsole, requestIn } from '../harness/agent-console.ts'
import { rpcError } from '../harness/far-end.ts'

const terminal = agentConsole()
const { far, agent, json, refused, pay, look } = terminal

const says = (text: string, isError = false) => ({ content: [{ type: 'text', text }], isError })

describe('code 0: a result', () => {
  test('of an allowed tool comes at once, as the tool gave it', async () => {
    far.act = () => ({ ...says('blue'), structuredContent: { colour: 'blue' }, _meta: { 'bank.example/page': 3 } })
    expect(await json(look())).toEqual({
      content: [{ type: 'text', text: 'blue' }],
      structuredContent: { colour: 'blue' },
      isError: false,
      _meta: { 'bank.example/page': 3 },
    })
    expect((await agent(look())).stdout).toBe('blue\n')
  })

  test('of a tool that asks comes by the same command again, once it was approved', async () => {
    far.act = ({ arguments: args }) => says(`paid ${args.to}`)
    const asked = await agent(pay('anna'))
    expect([asked.code, asked.stdout]).toEqual([2, ''])
    await terminal.person.decide(requestIn(asked.stderr), 'once')
    const before = far.calls.length
    expect(await agent(pay('anna'))).toEqual({ code: 0, stdout: 'paid anna\n', stderr: '' })
    expect(far.calls.slice(before).map((call) => call.arguments)).toEqual([{ to: 'anna' }])
  })

  test('longer than a pipe holds is not cut off', async () => {
    const long = 'x'.repeat(1_000_000)
    far.act = () => says(long)
    expect((await agent(look())).stdout).toBe(`${long}\n`)
  })
})

describe('code 1', () => {
  test('the tool said so itself: its result still comes on stdout', async () => {
    far.act = () => says('no such account', true)
    expect(await agent(look())).toEqual({ code: 1, stdout: 'no such account\n', stderr: '' })
  })

  test('denied, with the reason, and not to try another way', async () => {
    const asked = await agent(pay('bert'))
    await terminal.person.decide(requestIn(asked.stderr), 'deny', 'not him')
    await refused(pay('bert'), /^Denied: A human denied this call\. Their reason: not him Do not try another way/)
  })

  test('blocked by policy', async () => {
    await terminal.app.setPolicy('bank', 'look', 'deny')
    await refused(look(), 'Blocked: This tool has been blocked and cannot be executed.')
    await terminal.app.setPolicy('bank', 'look', 'allow')
  })

  test('invalid: what does not exist or does not fit is said before a human is asked', async () => {
    await refused([...pay('x').slice(0, 5), 'payy'], /^Invalid: .*payy.*pay/)
    await refused(['tools', 'call', '--integration', 'bonk', '--tool', 'pay'], /^Invalid: .*"bonk"/)
    await refused([...look().slice(0, 5), 'pay', '--args', '{"amount": 1}'], /^Invalid: .*\bto\b/)
  })

  test('unknown: it may have taken effect', async () => {
    far.act = ({ id }) => rpcError(id, -32603, 'broke')
    await refused(look(), /^Unknown: .* may have taken effect\. Check before repeating it\.$/m)
    far.act = () => says('done')
  })

  test('failed: it certainly did not run', async () => {
    const { port } = far
    await far.stop()
    await refused(look(), /^Failed: .* did not run\. It may be repeated\.$/m)
    far.start(port)
  })

  test('nobody there, or nobody who knows the key', async () => {
    const env = { AGENTPORT_INSTANCE_URL: 'http://127.0.0.1:1' }
    await refused(look(), /^AgentPort at http:\/\/127\.0\.0\.1:1 cannot be reached, and nothing was sent: /, { env })
    await refused(look(), 'This key or token is not valid: unknown, revoked or expired.', {
      env: { AGENTPORT_API_KEY: `ap_${'x'.repeat(43)}` },
    })
  })

  test('a link that is lost after the call was sent is told as that, and the call not repeated', async () => {
    let posts = 0
    const dropping = Bun.serve({
      port: 0,
      hostname: '127.0.0.1',
      fetch() {
        posts++
        setTimeout(() => void dropping.stop(true), 50)
        return new Promise<Response>(() => {})
      },
    })
    await refused(look(), /was lost .*The call may have taken effect: check before repeating it\.$/m, {
      env: { AGENTPORT_INSTANCE_URL: `http://127.0.0.1:${dropping.port}` },
    })
    expect(posts).toBe(1)
  })
})

describe('code 2', () => {
  test('approval required: the link, alone, on stderr; and the note and the arguments are on its page', async () => {
    const { code, stdout, stderr } = await agent(pay('carl', ['--info', 'He sent us an invoice']))
    expect([code, stdout]).toEqual([2, ''])
    expect(stderr).toMatch(/^Approval required: http:\/\/localhost:\d+\/approve\/[a-z0-9]{26}\n$/)
    const found = await terminal.app.rooms.approvals.find(terminal.app.userId, requestIn(stderr))
    expect(found?.notes.map(({ text }) => text)).toEqual(['He sent us an invoice'])
    expect(found?.request.arguments).toBe('{"to":"carl"}')
  })

  test('the same call again is the same request, and does not ask twice', async () => {
    const [first, second] = [await agent(pay('dora')), await agent(pay('dora'))]
    expect(requestIn(second.stderr)).toBe(requestIn(first.stderr))
  })
})

describe('arguments', () => {
  test('come as text, from a file, or from standard input', async () => {
    const file = join(terminal.home, 'arguments.json')
    writeFileSync(file, '{"from": "file"}')
    for (const [given, stdin] of [['{"from": "file"}'], [`@${file}`], ['-', '{"from": "file"}']] as const) {
      await json(look(['--args', given]), stdin === undefined ? {} : { stdin })
      expect(far.calls.at(-1)?.arguments).toEqual({ from: 'file' })
    }
    await json(look())
    expect(far.calls.at(-1)?.arguments).toEqual({})
  })

  test('that are no JSON object, or that would change on their way, are refused before anything is sent', async () => {
    const before = far.calls.length
    await refused(look(['--args', '{"a":']), /^--args is not JSON: /)
    await refused(look(['--args', '[1]']), /^--args must be a JSON object/)
    await refused(look(['--args', '-']), /^--args is not JSON: /, { stdin: '' })
    await refused(look(['--args', '@/nowhere/at-all']), /^--args names a file that cannot be read: /)
    await refused(
      look(['--args', '{"id": 9007199254740993}']),
      /^--args holds the number 9007199254740993, which would be/,
    )
    expect(far.calls.length).toBe(before)
  })

  test('without which tool, or with a wrong option, the command says what it takes', async () => {
    await refused(['tools', 'call', '--tool', 'pay'], /^Say which tool: --integration ID --tool NAME\./)
    await refused(look(['--colour']), /--colour.*Usage: agentport tools call --integration ID --tool NAME/)
    await refused(look(['--wait-timeout', 'soon']), /^--wait-timeout takes seconds/)
    await refused(look(['-o', 'yaml']), 'The output is human, json, toon, not "yaml".')
  })
})
