/** What the server hands to the pages: plain data, already cleared of secrets. Times are epoch milliseconds. */
export type JsonValue = null | boolean | number | string | JsonValue[] | { [key: string]: JsonValue }

/** Light or dark; `system` is what the browser says. */
export type Appearance = 'system' | 'light' | 'dark'

export interface PageFrame {
  assetVersion: string
  appearance: Appearance
  user: { email: string } | null
  proof: { required: boolean }
  notice: { kind: 'ok' | 'error'; text: string } | null
  waitingCount: number
}

/** refused = never put to a human: blocked by policy, invalid or over a limit (see outcome). */
export type CallState =
  | 'pending'
  | 'approved'
  | 'executing'
  | 'executed'
  | 'failed'
  | 'unknown'
  | 'denied'
  | 'expired'
  | 'refused'

export interface Decision {
  mode: 'once' | 'always' | 'deny' | 'policy'
  by: string
  at: number
  reason: string | null
}

/** Which of the owner's rules it was: none that they set, one that they set, or an allow that its tool has outgrown. */
export type PolicyRule = 'default' | 'policy' | 'definition_changed'

export interface CallSummary {
  id: string
  state: CallState
  outcome: string
  isError: boolean
  connection: { slug: string; name: string }
  /** destructive: as its server says of it. */
  tool: { name: string; title: string | null; destructive: boolean }
  /** isYou: the owner, by hand. */
  agent: { id: string; name: string; isYou: boolean }
  askedAt: number
  expiresAt: number | null
  settledAt: number | null
  durationMs: number | null
  decision: Decision | null
}

/** What the upstream server claims about its tool; null = it did not say. */
export interface ToolHints {
  readOnly: boolean | null
  destructive: boolean | null
  idempotent: boolean | null
  openWorld: boolean | null
}

/** What a program that signs in says of itself, and the host that publishes its description; null when it has only registered itself. */
export interface ProgramClaim {
  name: string
  publisher: string | null
}

/** A key has its name from its owner. A program that signed in names itself, until its owner calls it something else. */
export type AgentKind = { is: 'person' } | { is: 'key' } | { is: 'program'; claim: ProgramClaim | null }

/** What a tool answered. */
export interface CallResult {
  /** Of a large one its beginning, as a text. */
  json: string
  isError: boolean
  sizeBytes: number
  pictures: Picture[]
}

/** Of a kind that browsers only draw, in base64. */
export interface Picture {
  type: 'image/png' | 'image/jpeg' | 'image/gif' | 'image/webp'
  data: string
}

export interface CallDetail extends CallSummary {
  agent: CallSummary['agent'] & { kind: AgentKind; address: string | null; program: string | null }
  /** target: e.g. https://mcp.stripe.com/ */
  connection: { slug: string; name: string; target: string }
  tool: {
    name: string
    title: string | null
    destructive: boolean
    description: string | null
    hints: ToolHints
    /** Whether its whole definition, as it was when asked, is kept. */
    hasDefinition: boolean
    /** AgentPort's own, which no server offers. */
    isOurs: boolean
    /** Something in its definition is not to be seen by people, wherever it stands. */
    hidesText: boolean
    /** What its server changed in it since the owner last allowed, decided about or saw it; told while a decision waits. */
    change: ToolChange | null
  }
  /** Canonical JSON text, the exact value that will be sent. */
  argumentsJson: string
  argumentsHash: string
  /** The agent's own words (additional_info), oldest first. */
  notes: { text: string; at: number }[]
  /** Why it failed, expired or was refused, in safe words. */
  message: string | null
  /** Null where no rule was looked at. */
  rule: PolicyRule | null
  sentAt: number | null
  result: CallResult | null
  canDecide: boolean
  /** False for AgentPort's own management requests such as uninstall. */
  canAlways: boolean
}

/** What the owner was asked before about the same tool of the same account. */
export interface Earlier {
  /** With the very same arguments, and with others. */
  same: AnsweredCalls
  others: AnsweredCalls
  /** So many were looked at, and there are older ones; null where these are all. */
  outOf: number | null
  /** The newest of the others that was about the same thing. */
  alike: { id: string; askedAt: number; decision: Decision | null; argumentsJson: string } | null
}

export interface AnsweredCalls {
  approved: number
  denied: number
  /** Nobody decided in time, or it was voided. */
  expired: number
  /** The newest of them. */
  latest: CallSummary[]
}

export type ApprovalMode = 'allow' | 'require_approval' | 'deny'

export interface ToolRow {
  name: string
  /** Of the definition that the person sees: allowing holds for this one only. */
  definitionHash: string
  title: string | null
  description: string | null
  mode: ApprovalMode
  source: 'default' | 'policy' | 'definition_changed'
  hints: ToolHints
  /** What its server did to it since the owner last looked. */
  news: 'new' | 'changed' | null
  hidesText: boolean
  /** What its owner said last, and who said it for them; null when nobody has. */
  set: { mode: ApprovalMode; at: number; by: 'you' | 'token' | 'operator' | 'other' } | null
  /** Null when no agent ever asked for it. */
  lastCalledAt: number | null
  /** Within its connection, so that it has a place of its own on the page. */
  position: number
}

/** By what a server claims about its tools. */
export type ToolGroup = 'reads' | 'changes' | 'destroys' | 'unsaid'

/** How many tools there are of each. */
export type PolicyCounts = Record<ApprovalMode, number>

/** What a list of tools is narrowed down to. */
export interface ToolFilter {
  text: string
  group: ToolGroup | null
  policy: ApprovalMode | null
}

/** A tool that its server does not offer any more, and what is remembered of it. */
export interface GoneTool {
  name: string
  mode: ApprovalMode
  /** It was never there: what holds for it was said before, as in a configuration from elsewhere. */
  neverSeen: boolean
}

/** The definition of a tool, whole. */
export interface ToolDetail {
  name: string
  title: string | null
  description: string | null
  hints: ToolHints
  /** Schemas and the whole as JSON texts. */
  input: string
  output: string | null
  whole: string
}

/** One value that is another than before. */
export interface ValueChange {
  /** Where it stands, outermost first. The names are somebody else's. */
  path: { kind: 'keyword' | 'member' | 'index'; name: string }[]
  /** Null where there was, or is, nothing. */
  before: string | null
  after: string | null
  /** Whether they are texts; else they are JSON. */
  isText: boolean
}

/** Within the definition of a tool. */
export interface DefinitionChange extends ValueChange {
  part: 'title' | 'description' | 'hints' | 'input' | 'output' | 'other'
  /** Of a list that stands for a set, as JSON: what came and what went, the first of each. */
  items: { added: string[]; removed: string[]; more: number } | null
}

export interface ToolChange {
  since: 'allowed' | 'seen'
  changes: DefinitionChange[]
  /** Changes beyond those that are listed. */
  more: number
}

export type OAuthStatus = 'not_signed_in' | 'signed_in' | 'sign_in_needed' | 'wider_access_needed'

export interface ConnectionSummary {
  slug: string
  name: string
  target: string
  connected: boolean
  authMethod: 'none' | 'token' | 'oauth'
  /** Null where one does not sign in. */
  oauthStatus: OAuthStatus | null
  toolCount: number
  health: ConnectionHealth
  addedAt: number
}

/** A connection to be ticked. */
export interface ConnectionChoice {
  id: string
  slug: string
  name: string
}

/** How far an agent is to reach, as a form has it. */
export interface ChosenReach {
  /** Ids; null for all. */
  connections: readonly string[] | null
  /** `forever`, `as_it_is` or a number of days. */
  lifetime: string
}

/** How a connection does, learnt from its last contacts. */
export interface ConnectionHealth {
  state: 'ok' | 'needs_sign_in' | 'unreachable' | 'degraded'
  why: string | null
  /** When calls go there again; null when they go. */
  tryAt: number | null
}

/** A key, or a program that signed in by OAuth. */
export interface AgentSummary {
  id: string
  kind: 'key' | 'program'
  name: string
  /** The first characters of a key. */
  prefix: string | null
  /** Of a program: what it said of itself when it signed in, as far as that is known. */
  claim: ProgramClaim | null
  /** What it calls itself. */
  program: string | null
  createdAt: number
  lastUsedAt: number | null
  lastUsedFrom: string | null
  expiresAt: number | null
  ended: { how: 'revoked' | 'expired'; at: number } | null
  /** Of the connections that it may use; null for all. */
  reach: string[] | null
}

/** The interface for scripts, as its page shows it. All of it is ours. */
export interface ApiReference {
  /** `always` is what any operation of the group may answer beside its own. */
  groups: { name: string; lead: string; operations: ApiOperation[]; always: ApiAnswer[] }[]
  /** Objects that have a name because several answers hold them. */
  shapes: { name: string; fields: ApiField[] }[]
}

export interface ApiOperation {
  id: string
  method: string
  path: string
  summary: string
  description: string | null
  asks: (ApiField & { where: 'path' | 'query' | 'body' })[]
  answers: ApiAnswer[]
  /** A command line. */
  example: string
}

export interface ApiAnswer {
  status: string
  description: string
  type: ApiType | null
}

export interface ApiField {
  name: string
  type: ApiType
  required: boolean
  description: string | null
}

export interface ApiType {
  text: string
  /** Names of shapes in it. */
  shapes: string[]
}

/** A browser that the owner is signed in with. */
export interface SignedInBrowser {
  id: string
  isThis: boolean
  since: number
  lastSeenAt: number
  endsAt: number
  address: string | null
  /** Its User-Agent. */
  program: string | null
}

/** A form that makes a token, as it was filled in. Never its password. */
export interface ChosenToken {
  name: string
  scope: 'read' | 'tighten'
  /** In days. */
  lifetime: string
}

/** A person's own token, without the token. */
export interface PersonalTokenSummary {
  id: string
  name: string
  scope: 'read' | 'tighten'
  prefix: string
  createdAt: number
  expiresAt: number
  lastUsedAt: number | null
  lastUsedFrom: string | null
  expired: boolean
}

export type SignInMethod = 'none' | 'token' | 'oauth'

/** An entry of the catalogue, in our own words. */
export interface IntegrationSummary {
  id: string
  name: string
  description: string
  category: string
  /** What the service offers. */
  methods: SignInMethod[]
  access: 'open' | 'registered_app' | 'vendor_approval' | 'admin_enablement'
  /** How many accounts of it there are. */
  installed: number
  /** Whether this version can connect it. */
  usable: boolean
}

export interface IntegrationDetail extends IntegrationSummary {
  url: string
  docsUrl: string
  note: string | null
  /** Whether a page of the vendor says so. */
  verified: boolean
  /** Of its methods those that this version can connect it by, the best first. */
  ways: SignInMethod[]
}
