import type {
  AgentSummary,
  AnsweredCalls,
  CallDetail,
  CallState,
  ConnectionSummary,
  Earlier,
  PageFrame,
  PersonalTokenSummary,
  ToolChange,
  ToolRow,
} from '../types.ts'

/** Believable values for the page that shows every part. */
export const NOW = Date.UTC(2026, 10, 27, 12)
const MINUTE_MS = 60_000

export const CALL_STATES: CallState[] = [
  'pending',
  'approved',
  'executing',
  'executed',
  'failed',
  'unknown',
  'denied',
  'expired',
  'refused',
]

export const FRAME: PageFrame = {
  appearance: 'system',
  assetVersion: 'design',
  user: { email: 'anna@example.org' },
  proof: { required: false },
  notice: null,
  waitingCount: 1,
}

const NONE: AnsweredCalls = { approved: 0, denied: 0, expired: 0, latest: [] }
const ENDS: Partial<Record<CallState, Partial<CallDetail>>> = {
  pending: { canDecide: true, canAlways: true, settledAt: null, decision: null, sentAt: null, durationMs: null },
  approved: { settledAt: null, sentAt: null, durationMs: null },
  executing: { settledAt: null, durationMs: null },
  executed: {
    result: { json: '{"content":[{"type":"text","text":"re_3PqX"}]}', isError: false, sizeBytes: 46, pictures: [] },
  },
  failed: { message: 'Stripe answered 429: too many requests. Nothing ran.', isError: true },
  unknown: { message: 'AgentPort stopped while the call was running; it may or may not have taken effect.' },
  denied: {
    decision: { mode: 'deny', by: 'anna@example.org', at: NOW, reason: 'Far too much. Ask me first.' },
    sentAt: null,
  },
  expired: { decision: null, message: 'Nobody decided in time.', sentAt: null },
  refused: { decision: null, message: 'The tool is set to deny.', rule: 'policy', sentAt: null },
}

export function callIn(state: CallState, over: Partial<CallDetail> = {}): CallDetail {
  return {
    id: `01m8e9c7znj2y45egk0f70${state.slice(0, 4)}`,
    state,
    outcome: state,
    isError: false,
    connection: { slug: 'stripe', name: 'stripe', target: 'https://mcp.stripe.com/' },
    tool: {
      name: 'create_refund',
      title: 'Create a refund',
      destructive: true,
      description: 'Refunds a charge, in whole or in part.',
      hints: { readOnly: false, destructive: true, idempotent: null, openWorld: true },
      hasDefinition: true,
      isOurs: false,
      hidesText: false,
      change: null,
    },
    agent: {
      id: 'a1',
      name: 'Claude on my laptop',
      isYou: false,
      kind: { is: 'key' },
      address: '192.0.2.7',
      program: 'claude-code 3',
    },
    askedAt: NOW - 4 * MINUTE_MS,
    expiresAt: state === 'pending' ? NOW + 56 * MINUTE_MS : null,
    settledAt: NOW - 2 * MINUTE_MS,
    durationMs: 812,
    decision: { mode: 'once', by: 'anna@example.org', at: NOW - 3 * MINUTE_MS, reason: null },
    argumentsJson:
      '{"amount":4200,"charge":"ch_3PqX7aLkdIwHu7ix","currency":"eur","metadata":{"order":1043,"paid":true}}',
    argumentsHash: '7ae1e2b94d27b9934d3e08a52e52d7da7dabfac484efe37a5380ee9088f7ace2',
    notes: [{ text: 'Her order 1043 arrived broken.\nThis refunds the whole 42.00 EUR.', at: NOW - 4 * MINUTE_MS }],
    message: null,
    rule: 'default',
    sentAt: NOW - 3 * MINUTE_MS,
    result: null,
    canDecide: false,
    canAlways: false,
    ...ENDS[state],
    ...over,
  }
}

export const NEVER_ASKED: Earlier = { same: NONE, others: NONE, outOf: null, alike: null }

/** The same was denied, and the like approved. */
export function askedBefore(): Earlier {
  const before = callIn('executed')
  return {
    same: { ...NONE, denied: 1, latest: [callIn('denied')] },
    others: { ...NONE, approved: 2, latest: [before] },
    outOf: null,
    alike: {
      id: before.id,
      askedAt: before.askedAt,
      decision: before.decision,
      argumentsJson: before.argumentsJson.replace('4200', '900'),
    },
  }
}

/** Text that tries to be read as something else. */
export const HOSTILE = 'pay\u202Eknab\u202C\u200B the b\u0430nk <b>now</b>'

export const TOOL: ToolRow = {
  name: 'create_refund',
  definitionHash: '7ae1',
  title: 'Create a refund',
  description: 'Refunds a charge, in whole or in part. The money goes back to the card that was charged.',
  mode: 'require_approval',
  source: 'default',
  hints: { readOnly: false, destructive: true, idempotent: null, openWorld: true },
  news: null,
  hidesText: false,
  set: null,
  lastCalledAt: null,
  position: 0,
}

export const CHANGE: ToolChange = {
  since: 'allowed',
  changes: [
    {
      part: 'description',
      path: [],
      before: 'Refunds a charge to the card that was charged.',
      after: 'Refunds a charge to any card.',
      isText: true,
      items: null,
    },
    {
      part: 'input',
      path: [{ kind: 'member', name: 'card' }],
      before: null,
      after: '{"type":"string"}',
      isText: false,
      items: null,
    },
  ],
  more: 0,
}

export const CONNECTION: ConnectionSummary = {
  slug: 'stripe',
  name: 'stripe',
  target: 'https://mcp.stripe.com/',
  connected: true,
  authMethod: 'oauth',
  oauthStatus: 'signed_in',
  toolCount: 24,
  health: { state: 'ok', why: null, tryAt: null },
  addedAt: NOW - 9 * 24 * 60 * MINUTE_MS,
}

export const AGENT: AgentSummary = {
  id: 'a1',
  kind: 'key',
  name: 'Claude on my laptop',
  prefix: 'ap_3Fq',
  claim: null,
  program: 'claude-code 3',
  createdAt: NOW - 9 * 24 * 60 * MINUTE_MS,
  lastUsedAt: NOW - MINUTE_MS,
  lastUsedFrom: '192.0.2.7',
  expiresAt: null,
  ended: null,
  reach: null,
}

export const TOKEN: PersonalTokenSummary = {
  id: 't1',
  name: 'my dashboard',
  scope: 'read',
  prefix: 'app_9dK',
  createdAt: NOW - 9 * 24 * 60 * MINUTE_MS,
  expiresAt: NOW + 21 * 24 * 60 * MINUTE_MS,
  lastUsedAt: null,
  lastUsedFrom: null,
  expired: false,
}
