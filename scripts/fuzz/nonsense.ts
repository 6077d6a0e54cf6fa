import type { JsonValue } from '../../src/lib/json.ts'
import type { Random } from '../crash/random.ts'

const PIECES = [
  '',
  'a',
  '%',
  '\0',
  '\n',
  '‮',
  '​',
  '😀',
  '\ud800',
  "'",
  '"',
  '<script>',
  '../',
  '{',
  '[',
  'null',
  '-0',
  '1e999',
  '9007199254740993',
  '__proto__',
  'constructor',
  ' ',
  '\\',
  '%00',
  '…'.repeat(50),
]

/** Text that people do not write. */
export function nonsense(random: Random, most: number): string {
  let text = ''
  while (text.length < most && random.chance(0.8))
    text += random.pick(PIECES) + String.fromCharCode(random.below(0x2ff))
  return text.slice(0, most)
}

/** The same text, with some of its characters taken, doubled or changed. */
export function mutate(text: string, random: Random): string {
  let mutated = text
  for (let i = 1 + random.below(4); i > 0; i--) {
    const at = random.below(mutated.length + 1)
    const cut = at + random.below(5)
    mutated = mutated.slice(0, at) + nonsense(random, 4) + mutated.slice(random.chance(0.5) ? at : cut)
  }
  return mutated
}

export function jsonValue(random: Random, depth = 0): JsonValue {
  const kind = random.below(depth > 6 ? 5 : 7)
  if (kind === 0) return null
  if (kind === 1) return random.chance(0.5)
  if (kind === 2) return random.pick([0, -0, 1, -1, 0.1, 1e21, 1e308, 2 ** 53, -(2 ** 53)])
  if (kind <= 4) return nonsense(random, 40).toWellFormed()
  if (kind === 5) return Array.from({ length: random.below(4) }, () => jsonValue(random, depth + 1))
  const entries = Array.from({ length: random.below(4) }, () => [
    nonsense(random, 12).toWellFormed(),
    jsonValue(random, depth + 1),
  ])
  return Object.fromEntries(entries)
}

const METHODS = [
  'tools/call',
  'tools/call',
  'tools/call',
  'tools/list',
  'initialize',
  'ping',
  'server/discover',
  'notifications/cancelled',
  'resources/list',
  'nope',
]
const TOOLS = [
  'agentport__call_tool',
  'agentport__call_tool',
  'agentport__list_integration_tools',
  'agentport__describe_tool',
  'agentport__get_integration',
  'agentport__await_approval',
  'agentport__list_available_integrations',
  'agentport__get_auth_status',
  'nope',
]

/** A JSON-RPC message that is right in most of its parts, so that it gets far, and wrong in some. */
export function rpcMessage(random: Random): JsonValue {
  const maybe = <T extends JsonValue>(value: T): JsonValue => (random.chance(0.93) ? value : jsonValue(random))
  const args = {
    integration_id: maybe('far'),
    tool_name: maybe('run'),
    arguments: maybe({ n: random.below(5), extra: jsonValue(random) }),
    request_id: maybe(nonsense(random, 26).toWellFormed()),
    timeout_seconds: maybe(1),
    query: maybe(nonsense(random, 30).toWellFormed()),
    ...(random.chance(0.1) ? { additional_info: jsonValue(random) } : {}),
  }
  return {
    jsonrpc: maybe('2.0'),
    ...(random.chance(0.95) ? { id: maybe(random.below(1000)) } : {}),
    method: maybe(random.pick(METHODS)),
    params: maybe({
      name: maybe(random.pick(TOOLS)),
      arguments: maybe(args),
      protocolVersion: maybe('2025-11-25'),
      capabilities: maybe({}),
      clientInfo: maybe({ name: 'fuzz', version: '1' }),
      _meta: maybe({
        'io.modelcontextprotocol/protocolVersion': maybe('2026-07-28'),
        'io.modelcontextprotocol/clientInfo': maybe({ name: 'fuzz', version: '1' }),
        'io.modelcontextprotocol/clientCapabilities': maybe({}),
        ...(random.chance(0.1) ? { progressToken: jsonValue(random) } : {}),
      }),
    }),
  }
}

/** A body that some operation of the API takes, right in most of its parts. */
export function apiBody(random: Random): JsonValue {
  const maybe = <T extends JsonValue>(value: T): JsonValue => (random.chance(0.9) ? value : jsonValue(random))
  return maybe({
    tool_name: maybe('run'),
    args: maybe({ n: random.below(5), extra: jsonValue(random) }),
    integration_id: maybe(random.pick(['github', 'far', 'deepwiki_nope'])),
    auth_method: maybe(random.pick(['token', 'oauth', 'telepathy'])),
    // Short, so that nobody waits for a person who is not there.
    timeout_seconds: maybe(0.01),
    mode: maybe(random.pick(['deny', 'require_approval', 'allow'])),
    ...(random.chance(0.2) ? { additional_info: jsonValue(random) } : {}),
    ...(random.chance(0.2) ? { token: jsonValue(random), as: jsonValue(random) } : {}),
  })
}
