import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import type { JsonObject } from '../../src/lib/json.ts'
import { type Agent, outcome, requestId, type ToolResult, text } from '../harness/agent.ts'
import { type App, startApp } from '../harness/app.ts'
import { FarEnd } from '../harness/far-end.ts'
import { Wire } from '../harness/wire.ts'

let app: App
let far: FarEnd
let agent: Agent
const wires = {} as Record<'2025' | '2026', Wire>
const BOTH = ['2025', '2026'] as const

beforeAll(async () => {
  far = new FarEnd([
    { name: 'run' },
    { name: 'ask' },
    {
      name: 'create_issue',
      inputSchema: {
        type: 'object',
        properties: { title: { type: 'string' }, labels: { type: 'array', items: { type: 'string' } } },
        required: ['title'],
        additionalProperties: false,
      },
    },
  ]).start()
  app = await startApp()
  await app.install('tracker', far.url)
  await app.setPolicy('tracker', 'run', 'allow')
  agent = await app.agent()
  for (const generation of BOTH) {
    wires[generation] = new Wire(app.origin, (await app.newKey()).key)
    if (generation === '2025') await wires[generation].initialize()
  }
})
afterAll(async () => {
  await agent.close()
  await app.stop()
  await far.stop()
})

/** That a call was refused with these words, and that neither the server nor a person heard of it. */
async function refused(call: () => Promise<ToolResult>, ...words: string[]): Promise<ToolResult> {
  const before = far.calls.length
  const waiting = (await app.rooms.approvals.waiting(app.userId)).length
  const result = await call()
  expect(outcome(result)).toBe('invalid')
  expect(result.isError).toBe(true)
  for (const word of words) expect(text(result)).toContain(word)
  expect(far.calls.length).toBe(before)
  expect((await app.rooms.approvals.waiting(app.userId)).length).toBe(waiting)
  return result
}

describe('an unknown name', () => {
  test('of an integration is refused with near ones and where to look', () =>
    refused(
      () => agent.call('traker', 'create_issue', { title: 'x' }),
      'No integration "traker" is installed.',
      'Did you mean "tracker"?',
      'agentport__list_installed_integrations',
    ))

  test('of a tool is refused with near ones, however it is spelled', async () => {
    for (const near of ['createIssue', 'create-issue', 'create_isue', 'create_issues']) {
      await refused(
        () => agent.call('tracker', near, { title: 'x' }),
        `tracker has no tool "${near}".`,
        'Did you mean "create_issue"?',
        'agentport__list_integration_tools',
      )
    }
  })

  test('that is near to nothing gets no suggestion', async () => {
    const result = await refused(() => agent.call('tracker', 'launch_the_rocket', {}))
    expect(text(result)).not.toContain('Did you mean')
  })

  test('is matched exactly: other case, a blank or an inherited name is another tool', async () => {
    for (const name of ['RUN', ' run', 'run ', '__proto__', 'constructor', 'toString']) {
      await refused(() => agent.call('tracker', name, {}), 'has no tool')
    }
  })
})

describe('arguments that break the schema', () => {
  test.each([
    [{}, 'title'],
    [{ title: 5 }, '/title'],
    [{ title: 'x', labels: ['a', 7] }, '/labels/1'],
    [{ title: 'x', extra: true }, 'additional properties'],
  ])('%j is refused, saying where', async (args, where) => {
    await refused(() => agent.call('tracker', 'create_issue', args as unknown as JsonObject), 'input schema', where)
  })
})

test('a call to an integration without its token says what to do', async () => {
  await agent.use('agentport__install_integration', { integration_id: 'github', auth_method: 'token' })
  await refused(
    () => agent.call('github', 'create_issue', {}),
    'github is not connected yet',
    'agentport__start_oauth_flow',
  )
})

test('every refused call is in the log', async () => {
  const result = await refused(() => agent.call('tracker', 'no_such_tool', {}))
  const found = await app.rooms.approvals.find(app.userId, requestId(result))
  expect(found?.request).toMatchObject({ state: 'refused', outcome: 'invalid', toolName: 'no_such_tool' })
})

describe.each([...BOTH])('values that cannot be held, in generation %s', (generation) => {
  const call = (args: string, more = '') => wires[generation].call(generation, 'tracker', 'run', args, more)

  test.each(['9007199254740993', '-9007199254740993', '18446744073709551615', '1e400', '-1e400'])(
    '%s is refused wherever it stands',
    async (number) => {
      await refused(() => call(`{"n":${number}}`), number, 'cannot be held exactly')
      await refused(() => call(`{"deep":[1,{"n":[${number}]}]}`), number)
      await refused(() => call(`{"n":1,"n2":{"__proto__":${number}}}`), number)
    },
  )

  test('integers that a double does hold are sent as they are', async () => {
    const result = await call('{"a":9007199254740992,"b":-9007199254740991,"c":9007199254740994,"d":0.1,"e":1e2}')
    expect(outcome(result)).toBe('executed')
    expect(far.calls.at(-1)?.arguments).toEqual({
      a: 9007199254740992,
      b: -9007199254740991,
      c: 9007199254740994,
      d: 0.1,
      e: 100,
    })
  })

  test('half of a surrogate pair, as value or as key, is refused', async () => {
    await refused(() => call('{"s":"ok\\ud800"}'), 'surrogate')
    await refused(() => call('{"s":["\\udc00x"]}'), 'surrogate')
    await refused(() => call('{"\\ud83d":1}'), 'surrogate')
    expect(outcome(await call('{"s":"\\ud83d\\ude00"}'))).toBe('executed')
    expect(far.calls.at(-1)?.arguments).toEqual({ s: '😀' })
  })

  test('nesting deeper than 100 is refused, and 100 is not', async () => {
    const nested = (depth: number) => `{"d":${'['.repeat(depth - 1)}1${']'.repeat(depth - 1)}}`
    expect(outcome(await call(nested(100)))).toBe('executed')
    await refused(() => call(nested(101)), 'deeper than 100')
    await refused(() => call(nested(5_000)), 'deeper than 100')
  })

  test('over 256 KB is refused, and 256 KB is not; bytes are counted, not characters', async () => {
    const filled = (bytes: number) => `{"s":"${'x'.repeat(bytes - 8)}"}`
    expect(outcome(await call(filled(256 * 1024)))).toBe('executed')
    await refused(() => call(filled(256 * 1024 + 1)), '262145 bytes', '256 KB')
    await refused(() => call(`{"s":"${'é'.repeat(131_100)}"}`), '256 KB')
  })

  test('a key called __proto__ is a key like any other: shown, hashed and sent as one value', async () => {
    const args = '{"__proto__":{"admin":true},"constructor":1,"x":{"__proto__":2}}'
    const asked = await wires[generation].call(generation, 'tracker', 'ask', args)
    expect(outcome(asked)).toBe('approval_required')
    const found = await app.rooms.approvals.find(app.userId, requestId(asked))
    expect(found?.request.arguments).toBe('{"__proto__":{"admin":true},"constructor":1,"x":{"__proto__":2}}')
    const without = await wires[generation].call(generation, 'tracker', 'ask', '{"constructor":1,"x":{"__proto__":2}}')
    expect(requestId(without)).not.toBe(requestId(asked))
    await app.rooms.approvals.decide(app.userId, requestId(asked), { mode: 'once' })
    const id = requestId(asked)
    const result = await wires[generation].use(generation, 'agentport__await_approval', `{"request_id":"${id}"}`)
    expect(outcome(result)).toBe('executed')
    expect(JSON.stringify(far.calls.at(-1)?.arguments)).toBe(args)
    expect(({} as JsonObject).admin).toBeUndefined()
  })

  test('additional_info is never forwarded, and an argument of that name is', async () => {
    await call('{"additional_info":"mine","q":1}', ',"additional_info":"for the human"')
    expect(far.calls.at(-1)?.arguments).toEqual({ additional_info: 'mine', q: 1 })
    const asked = await wires[generation].call(
      generation,
      'tracker',
      'ask',
      '{"q":1}',
      ',"additional_info":"why I ask"',
    )
    const found = await app.rooms.approvals.find(app.userId, requestId(asked))
    expect(found?.notes.map((note) => note.text)).toEqual(['why I ask'])
    expect(found?.request.arguments).toBe('{"q":1}')
    const noted = await wires[generation].call(generation, 'tracker', 'ask', '{"additional_info":"q"}')
    expect((await app.rooms.approvals.find(app.userId, requestId(noted)))?.notes).toEqual([])
  })

  test('composed and decomposed letters are two different requests, each sent as it came', async () => {
    const nfc = requestId(await wires[generation].call(generation, 'tracker', 'ask', '{"name":"caf\\u00e9"}'))
    const nfd = requestId(await wires[generation].call(generation, 'tracker', 'ask', '{"name":"cafe\\u0301"}'))
    expect(nfd).not.toBe(nfc)
    const again = requestId(
      await wires[generation].call(generation, 'tracker', 'ask', '{"name":"café"}'.normalize('NFC')),
    )
    expect(again).toBe(nfc)
    await call(`{"name":"${'é'.normalize('NFD')}"}`)
    expect([...String(far.calls.at(-1)?.arguments.name)].length).toBe(2)
  })

  test('invisible and direction-changing characters arrive unchanged', async () => {
    const strange = 'a\u202Eb\u2066c\u2069\u200Bd\uFEFFe\u00ADf\u{E0041}g\u0000h\u2028'
    await call(JSON.stringify({ [strange]: strange }))
    expect(far.calls.at(-1)?.arguments).toEqual({ [strange]: strange })
  })

  test('the order and spelling of the arguments do not make another request', async () => {
    const one = await wires[generation].call(generation, 'tracker', 'ask', '{"b":1.0,"a":"\\u0041"}')
    const same = await wires[generation].call(generation, 'tracker', 'ask', '{ "a":"A", "b":1 }')
    expect(requestId(same)).toBe(requestId(one))
  })
})
