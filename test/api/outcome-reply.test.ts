import { describe, expect, test } from 'bun:test'
import { awaitStatus } from '../../src/api/agents/await-answer.ts'
import { callResult, outcomeReply } from '../../src/api/agents/outcome-reply.ts'
import { OUTCOMES, type Outcome } from '../../src/approvals/approvals.ts'
import { STATES } from '../../src/approvals/lifecycle.ts'

const WHERE = { integrationId: 'bank', toolName: 'pay', origin: 'https://agents.example' }
const ABOUT = { integration_id: 'bank', tool_name: 'pay' }
const message = 'Why.'
const requestId = 'r1'

const TABLE: [outcome: Outcome, status: number, body: object][] = [
  [
    {
      word: 'executed',
      requestId,
      resultJson: '{"content":[{"type":"text","text":"ok"}],"structuredContent":{"a":1},"_meta":{"x":1}}',
    },
    200,
    { content: [{ type: 'text', text: 'ok' }], isError: false, structuredContent: { a: 1 } },
  ],
  [
    { word: 'approval_required', requestId },
    403,
    {
      error: 'approval_required',
      approval_request_id: 'r1',
      approval_url: 'https://agents.example/approve/r1',
      message: expect.stringContaining('https://agents.example/approve/r1'),
      outcome: 'approval_required',
      ...ABOUT,
    },
  ],
  [
    { word: 'pending', requestId, running: false },
    403,
    expect.objectContaining({ error: 'approval_required', outcome: 'pending' }),
  ],
  [
    { word: 'pending', requestId, running: true },
    409,
    { detail: expect.stringContaining('not finished yet'), outcome: 'pending', approval_request_id: 'r1' },
  ],
  [
    { word: 'blocked', requestId, message },
    403,
    {
      error: 'denied',
      message: 'This tool has been blocked and cannot be executed.',
      reason: null,
      outcome: 'blocked',
      ...ABOUT,
    },
  ],
  [
    { word: 'denied', requestId, reason: 'Too much.' },
    403,
    {
      error: 'denied',
      message: expect.stringContaining('Their reason: Too much.'),
      reason: 'Too much.',
      outcome: 'denied',
      ...ABOUT,
    },
  ],
  [
    { word: 'expired', requestId, message },
    409,
    { detail: expect.stringContaining('Call again to ask again'), outcome: 'expired', approval_request_id: 'r1' },
  ],
  [
    { word: 'unknown', requestId, message },
    502,
    { detail: expect.stringContaining('may have taken effect'), outcome: 'unknown', approval_request_id: 'r1' },
  ],
  [
    { word: 'failed', requestId, message },
    502,
    { detail: expect.stringContaining('did not run'), outcome: 'failed', approval_request_id: 'r1' },
  ],
  [{ word: 'invalid', requestId, message }, 422, { detail: 'Why.', outcome: 'invalid', approval_request_id: null }],
  ...(
    [
      ['integration', 404, 'Why. GET /api/installed lists what is.'],
      ['tool', 404, 'Why. GET /api/tools/{integration_id} lists them.'],
      ['request', 404, 'Why.'],
      ['credential', 422, 'Why. POST /api/auth/{integration_id}/start gives the link to share.'],
    ] as const
  ).map(([missing, status, detail]): [Outcome, number, object] => [
    { word: 'invalid', requestId, message, missing },
    status,
    { detail, outcome: 'invalid', approval_request_id: null },
  ]),
  [
    { word: 'limited', requestId, message },
    429,
    { detail: expect.stringContaining('Wait for decisions'), outcome: 'limited', approval_request_id: null },
  ],
]

describe('every outcome has its one status', () => {
  test.each(TABLE)('%j is %i', (outcome, status, body) => {
    expect(outcomeReply(outcome, WHERE)).toEqual({ status, body } as never)
  })

  test('and none of the words of the contract is missing here', () => {
    expect([...new Set(TABLE.map(([{ word }]) => word))].sort()).toEqual([...OUTCOMES].sort())
  })

  test('no refusal of a call names a tool of the MCP door', () => {
    for (const [outcome] of TABLE)
      expect(JSON.stringify(outcomeReply(outcome, WHERE).body)).not.toContain('agentport__')
  })
})

describe('whatever a server gave, a result has one shape', () => {
  test.each([
    ['{}', { content: [], isError: false }],
    ['{"content":"text","isError":"yes"}', { content: [], isError: false }],
    ['{"content":[1,null],"isError":true}', { content: [1, null], isError: true }],
    ['{"structuredContent":null}', { content: [], isError: false, structuredContent: null }],
    ['[]', { content: [], isError: false }],
  ])('%s', (json, result) => {
    expect(callResult(json)).toEqual(result)
  })
})

test('every state of a request has its word for those who await it', () => {
  expect(Object.fromEntries(STATES.map((state) => [state, awaitStatus(state)]))).toEqual({
    pending: 'pending',
    approved: 'approved',
    executing: 'consumed',
    executed: 'consumed',
    failed: 'consumed',
    unknown: 'consumed',
    denied: 'denied',
    expired: 'expired',
    refused: null,
  })
})
