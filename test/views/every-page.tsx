import type { VNode } from 'preact'
import { AgentCalls, AgentPage } from '../../views/pages/agent.tsx'
import { AgentsPage } from '../../views/pages/agents.tsx'
import { ApiReferencePage } from '../../views/pages/api-reference.tsx'
import { ApprovalPage, CallStateFragment } from '../../views/pages/approval.tsx'
import { BulkPolicyPage } from '../../views/pages/bulk-policy.tsx'
import { BulkPolicyDonePage } from '../../views/pages/bulk-policy-done.tsx'
import { CataloguePage } from '../../views/pages/catalogue.tsx'
import { ConfirmPage } from '../../views/pages/confirm.tsx'
import { ConnectPage } from '../../views/pages/connect.tsx'
import { ConnectAgentPage } from '../../views/pages/connect-agent.tsx'
import { ConnectionPage } from '../../views/pages/connection.tsx'
import { ConnectionsPage } from '../../views/pages/connections.tsx'
import { ConsentPage } from '../../views/pages/consent.tsx'
import { CustomServerPage } from '../../views/pages/custom-server.tsx'
import { HomePage, RecentList, ToDo } from '../../views/pages/home.tsx'
import { IntegrationPage } from '../../views/pages/integration.tsx'
import { KeyCreatedPage } from '../../views/pages/key-created.tsx'
import { LeadOnPage } from '../../views/pages/lead-on.tsx'
import { LogNews, LogPage } from '../../views/pages/log.tsx'
import { MessagePage } from '../../views/pages/message.tsx'
import { PoliciesPage, type PoliciesPageProps } from '../../views/pages/policies.tsx'
import { ServiceSignInPage } from '../../views/pages/service-sign-in.tsx'
import { SettingsPage } from '../../views/pages/settings.tsx'
import { SetupPage } from '../../views/pages/setup.tsx'
import { SignInPage } from '../../views/pages/sign-in.tsx'
import { TokenCreatedPage } from '../../views/pages/token-created.tsx'
import { ToolPage, type ToolStanding } from '../../views/pages/tool.tsx'
import { WaitingNews, WaitingPage } from '../../views/pages/waiting.tsx'
import { Arrivals } from '../../views/parts/arrivals.tsx'
import { ChangedPolicyRow, ChangedToolRow } from '../../views/parts/changed-tool-row.tsx'
import { Numbers } from '../../views/parts/day-numbers.tsx'
import { HealthNotice } from '../../views/parts/health-notice.tsx'
import type { LogAgent } from '../../views/parts/log-filter.tsx'
import { WaitingList } from '../../views/parts/waiting-list.tsx'
import { CLIENTS } from '../../views/parts/ways-in.ts'
import type {
  AgentSummary,
  AnsweredCalls,
  ApiReference,
  CallDetail,
  CallState,
  ConnectionSummary,
  Earlier,
  IntegrationDetail,
  OAuthStatus,
  PageFrame,
  PersonalTokenSummary,
  SignedInBrowser,
  ToolChange,
  ToolFilter,
  ToolRow,
} from '../../views/types.ts'
import { playgroundPages } from './playground-pages.tsx'

const personalTokenWith = (text: string, expired: boolean): PersonalTokenSummary => ({
  id: text,
  name: text,
  scope: expired ? 'read' : 'tighten',
  prefix: text,
  createdAt: 1_795_000_000_000,
  expiresAt: 1_795_003_600_000,
  lastUsedAt: expired ? 1_795_000_100_000 : null,
  lastUsedFrom: expired ? text : null,
  expired,
})

const browserWith = (text: string, isThis: boolean): SignedInBrowser => ({
  id: text,
  isThis,
  since: 1_795_000_000_000,
  lastSeenAt: 1_795_000_000_000,
  endsAt: 1_795_003_600_000,
  address: text,
  program: isThis ? text : null,
})

function referenceWith(text: string): ApiReference {
  const field = { name: text, type: { text, shapes: [text] }, required: true, description: text }
  return {
    groups: [
      {
        name: text,
        lead: text,
        operations: [
          {
            id: 'operation',
            method: text,
            path: text,
            summary: text,
            description: text,
            asks: [{ ...field, where: 'body' }],
            answers: [{ status: text, description: text, type: { text, shapes: [] } }],
            example: text,
          },
        ],
        always: [{ status: text, description: text, type: null }],
      },
    ],
    shapes: [{ name: text, fields: [field] }],
  }
}

export const STATES: CallState[] = [
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

export const URL_OF_MCP = 'https://agents.example/mcp'
const OAUTH_STATES: OAuthStatus[] = ['not_signed_in', 'signed_in', 'sign_in_needed', 'wider_access_needed']

export function frameWith(text: string, over: Partial<PageFrame> = {}): PageFrame {
  return {
    assetVersion: text,
    appearance: 'dark',
    user: { email: text },
    proof: { required: true },
    notice: { kind: 'ok', text },
    waitingCount: 2,
    ...over,
  }
}

const NUMBERS = {
  since: 1_794_990_000_000,
  all: 1_234,
  byPolicy: 1_000,
  approved: 1,
  denied: 2,
  failed: 3,
  unknown: 4,
  toolErrors: 5,
  refused: 6,
}

const filterWith = (text: string) => ({
  q: text,
  agent: text,
  connection: text,
  tool: text,
  ending: text,
  decided: text,
  from: text,
  until: text,
})

const logAgentsWith = (text: string): LogAgent[] => [
  { id: 'key_1', name: text, is: 'key', since: 1_795_000_000_000, ended: true },
  { id: text, name: text, is: 'program', since: 1_795_000_000_000, ended: false },
]

/** A call whose every string that somebody else may choose is this text. */
export function callWith(text: string, over: Partial<CallDetail> = {}): CallDetail {
  return {
    id: 'req_1',
    state: 'pending',
    outcome: text,
    isError: false,
    rule: 'default',
    sentAt: 1_795_000_060_000,
    askedAt: 1_795_000_000_000,
    expiresAt: 1_795_003_600_000,
    settledAt: 1_795_000_100_000,
    durationMs: 842,
    decision: { mode: 'once', by: text, at: 1_795_000_050_000, reason: text },
    agent: {
      name: text,
      isYou: false,
      kind: { is: 'program', claim: { name: `${text} named so`, publisher: text } },
      id: text,
      address: text,
      program: text,
    },
    connection: { slug: text, name: text, target: text },
    tool: {
      name: text,
      title: `${text} title`,
      destructive: true,
      description: text,
      hints: { readOnly: false, destructive: true, idempotent: true, openWorld: true },
      hasDefinition: true,
      isOurs: false,
      hidesText: true,
      change: changeWith(text),
    },
    argumentsJson: JSON.stringify({ [text]: text, nested: { [text]: [text, { [text]: text }] } }),
    argumentsHash: 'b94d27b9934d3e08',
    notes: [
      { text, at: 1_795_000_000_000 },
      { text, at: 1_795_000_000_001 },
    ],
    message: text,
    result: {
      json: JSON.stringify({ content: [{ type: 'text', text }] }),
      isError: false,
      sizeBytes: 10,
      pictures: [],
    },
    canDecide: true,
    canAlways: true,
    ...over,
  }
}

const answeredWith = (text: string): AnsweredCalls => ({
  approved: 2,
  denied: 1,
  expired: 1,
  latest: (['executed', 'denied', 'expired'] as const).map((state) => ({
    id: 'req_0',
    state,
    outcome: text,
    isError: false,
    connection: { slug: text, name: text },
    tool: { name: text, title: text, destructive: true },
    agent: { id: `${text} other`, name: text, isYou: false },
    askedAt: 1_794_000_000_000,
    expiresAt: null,
    settledAt: 1_794_000_000_100,
    durationMs: 100,
    decision: state === 'expired' ? null : { mode: 'deny', by: text, at: 1_794_000_000_050, reason: text },
  })),
})

export const NONE_EARLIER: Earlier = {
  same: { approved: 0, denied: 0, expired: 0, latest: [] },
  others: { approved: 0, denied: 0, expired: 0, latest: [] },
  outOf: null,
  alike: null,
}

/** The same and the like, asked before, and one to compare with. */
export const earlierWith = (text: string): Earlier => ({
  same: answeredWith(text),
  others: answeredWith(text),
  outOf: 200,
  alike: {
    id: 'req_0',
    askedAt: 1_794_000_000_000,
    decision: { mode: 'once', by: text, at: 1_794_000_000_050, reason: null },
    argumentsJson: JSON.stringify({ [text]: `${text} before`, gone: text, nested: { [text]: [1, { [text]: text }] } }),
  },
})

/** A change of every part and kind. */
export function changeWith(text: string, over: Partial<ToolChange> = {}): ToolChange {
  const json = JSON.stringify({ [text]: text })
  const item = { before: json, after: json, isText: false, items: { added: [text], removed: [text], more: 1 } }
  const parts = ['title', 'description', 'hints', 'input', 'output', 'other'] as const
  const path = (['keyword', 'keyword', 'member', 'index'] as const).map((kind) => ({ kind, name: text }))
  const sides = [
    { before: text, after: null, isText: true },
    { before: null, after: json, isText: false },
    { before: `${text} before`, after: `${text} after`, isText: true },
  ]
  const changes = parts.flatMap((part) => [
    { part, path, ...item },
    ...sides.map((side) => ({ part, path, items: null, ...side })),
  ])
  return { since: 'allowed', changes, more: 3, ...over }
}

/** Every page and fragment, with this text wherever a string goes in. */
export function everyPage(text: string): [string, VNode][] {
  const frame = frameWith(text)
  const call = callWith(text)
  const connection: ConnectionSummary = {
    slug: text,
    name: text,
    target: text,
    connected: true,
    authMethod: 'token',
    oauthStatus: null,
    toolCount: 3,
    health: { state: 'unreachable', why: text, tryAt: 1_795_000_000_000 },
    addedAt: 1_795_000_000_000,
  }
  const ailing = (['ok', 'needs_sign_in', 'degraded'] as const).flatMap((state): ConnectionSummary[] =>
    (['none', 'token'] as const).map((authMethod) => ({
      ...connection,
      authMethod,
      health: { state, why: text, tryAt: null },
    })),
  )
  const tool: ToolRow = {
    definitionHash: 'f'.repeat(64),
    name: text,
    title: `${text} title`,
    description: text,
    mode: 'allow',
    source: 'definition_changed',
    hints: call.tool.hints,
    news: 'changed',
    hidesText: true,
    set: { mode: 'allow', at: 1_795_000_000_000, by: 'you' },
    lastCalledAt: 1_795_000_000_000,
    position: 1,
  }
  const long: ToolRow = {
    ...tool,
    description: text.repeat(40),
    hints: { readOnly: true, destructive: null, idempotent: null, openWorld: null },
    source: 'policy',
    news: 'new',
    set: null,
    lastCalledAt: null,
    position: 2,
  }
  const filter: ToolFilter = { text, group: null, policy: 'allow' }
  const counts = { allow: 1, require_approval: 2, deny: 3 }
  const gone = (['allow', 'require_approval', 'deny'] as const).flatMap((mode) => [
    { name: text, mode, neverSeen: false },
    { name: text, mode, neverSeen: true },
  ])
  const standings: ToolStanding[] = [
    { kind: 'asked', at: 1 },
    { kind: 'gone', mode: 'allow' },
    { kind: 'current', definitionHash: 'f'.repeat(64), isNew: true, change: null },
    { kind: 'current', definitionHash: 'f'.repeat(64), isNew: false, change: changeWith(text) },
    { kind: 'current', definitionHash: 'f'.repeat(64), isNew: false, change: changeWith(text, { since: 'seen' }) },
  ]
  const key: AgentSummary = {
    id: text,
    kind: 'key',
    name: text,
    prefix: text,
    claim: null,
    program: text,
    createdAt: 1,
    lastUsedAt: 2,
    lastUsedFrom: text,
    expiresAt: 3,
    ended: null,
    reach: [text],
  }
  const programs: AgentSummary[] = [
    {
      ...key,
      kind: 'program',
      prefix: null,
      claim: { name: text, publisher: null },
      lastUsedAt: null,
      expiresAt: null,
      reach: [text, text],
    },
    {
      ...key,
      kind: 'program',
      prefix: null,
      claim: { name: `${text} itself`, publisher: text },
      ended: { how: 'expired', at: 3 },
      reach: [],
    },
  ]
  const agents = [key, ...programs, { ...key, ended: { how: 'revoked' as const, at: 3 }, reach: null }]
  const reach = {
    connections: [{ id: text, slug: text, name: `${text} name` }],
    chosen: { connections: [text], lifetime: 'as_it_is' },
  }
  const integration: IntegrationDetail = {
    id: text,
    name: text,
    description: text,
    category: text,
    methods: ['oauth', 'token', 'none'],
    access: 'registered_app',
    installed: 1,
    usable: true,
    url: text,
    docsUrl: text,
    note: text,
    verified: false,
    ways: [],
  }
  const arrivals = { path: '/connect/arrivals?since=1', arrived: agents }
  const extra = [
    { name: 'region', label: text, required: true, options: [text], chosen: text },
    { name: 'account', label: text, required: false, options: null, chosen: null },
  ]
  const states = STATES.map((state): [string, VNode] => [
    `approval, ${state}`,
    <ApprovalPage
      frame={frame}
      call={callWith(text, { state, canDecide: state === 'pending', isError: state === 'executed' })}
      earlier={earlierWith(text)}
      others={{ ofAgent: 1, all: 2 }}
    />,
  ])
  return [
    ...states,
    [
      'waiting of an agent',
      <WaitingPage
        frame={frame}
        agent={{ id: text, name: text, isYou: false }}
        asks={[
          { call, apart: null },
          { call: callWith(text, { id: 'req_2' }), apart: 'long' },
          { call: callWith(text, { id: 'req_3' }), apart: 'warned' },
        ]}
        more={2}
        ticked={['req_1']}
        reason={text}
        settled={(['decided', 'late', 'unmatched'] as const).map((how) => ({ how, call }))}
        newsPath="/waiting/news?agent=x"
      />,
    ],
    [
      'news of what waits of an agent',
      <WaitingNews
        agentId={text}
        waitingCount={1}
        settled={[{ how: 'late', call }]}
        over={[callWith(text, { state: 'expired', canDecide: false })]}
        arrived={2}
      />,
    ],
    ['call state', <CallStateFragment frame={frame} call={call} />],
    ['setup', <SetupPage frame={frameWith(text, { user: null })} token={text} email={text} error={text} />],
    ['sign-in', <SignInPage frame={frameWith(text, { user: null })} returnTo={text} email={text} error={text} />],
    [
      'home',
      <HomePage
        frame={frame}
        waiting={[call]}
        recent={STATES.map((state) => callWith(text, { state, id: state }))}
        connections={[connection, ...ailing]}
        steps={{ connection: true, agent: false, call: false }}
        numbers={NUMBERS}
      />,
    ],
    ...(['this_machine', 'site', 'program'] as const).map((kind): [string, VNode] => [
      `consent, ${kind}`,
      <ConsentPage
        frame={frame}
        program={{ name: text, publisher: kind === 'site' ? null : text }}
        place={{ kind, name: text }}
        connections={[{ id: text, slug: text, name: text }]}
        fields={[{ name: 'state', value: text }]}
        chosen={{ connections: kind === 'site' ? [text] : null, lifetime: text }}
        error={text}
      />,
    ]),
    ['lead on', <LeadOnPage frame={frame} title="Signed in" text={text} href={text} place={text} byItself />],
    ['waiting list', <WaitingList waiting={[call]} />],
    ['waiting list of one agent', <WaitingList waiting={STATES.map((state) => callWith(text, { id: state }))} />],
    [
      'what is to be done',
      <ToDo connections={[connection, ...ailing]} steps={{ connection: false, agent: false, call: false }} />,
    ],
    ['numbers', <Numbers numbers={NUMBERS} />],
    ['recent list', <RecentList recent={[call]} />],
    [
      'confirm',
      <ConfirmPage frame={frame} action={text} fields={[{ name: text, value: text }]} error={text} what={text} />,
    ],
    [
      'log',
      <LogPage
        frame={frame}
        calls={STATES.map((state) => callWith(text, { state, id: state }))}
        filter={filterWith(text)}
        agents={logAgentsWith(text)}
        connections={[text]}
        now={1_795_000_000_000}
        isNewest={false}
        newer={text}
        older={text}
        newsAfter={text}
        searched={null}
      />,
    ],
    [
      'log, searched',
      <LogPage
        frame={frame}
        calls={[]}
        filter={filterWith(text)}
        agents={[]}
        connections={[]}
        now={1_795_000_000_000}
        isNewest
        newer={null}
        older={text}
        newsAfter={null}
        searched={{ looked: 1_234, backTo: 1_794_000_000_000 }}
      />,
    ],
    ['new calls of the log', <LogNews filter={filterWith(text)} count={100} most={100} />],
    [
      'connections',
      <ConnectionsPage
        frame={frame}
        connections={[connection, ...ailing, ...OAUTH_STATES.map((oauthStatus) => ({ ...connection, oauthStatus }))]}
        total={20}
        query={text}
        next={100}
      />,
    ],
    ...OAUTH_STATES.map((state): [string, VNode] => [
      `sign in to a service, ${state}`,
      <ServiceSignInPage frame={frame} connection={connection} state={state} redirectUri={text} error={text} />,
    ]),
    ...ailing.map((each): [string, VNode] => [
      `health, ${each.health.state}, ${each.authMethod}`,
      <HealthNotice connection={each} />,
    ]),
    [
      'connection',
      <ConnectionPage
        frame={frame}
        connection={connection}
        filter={filter}
        groups={[
          { group: 'reads', counts, tools: [long], next: 30 },
          { group: 'destroys', counts, tools: [tool], next: null },
          { group: 'unsaid', counts, tools: null, next: null },
        ]}
        news={{ added: 1, changed: 2, asking: 3, list: 'f'.repeat(64) }}
        gone={gone}
      />,
    ],
    ['changed tool row', <ChangedToolRow tool={tool} tools={[tool]} slug={text} proof={frame.proof} back={text} />],
    [
      'changed policy row',
      <ChangedPolicyRow
        tool={tool}
        tools={[tool]}
        slug={text}
        proof={frame.proof}
        back={`/policies?show=${text}`}
        of={text}
        all={counts}
      />,
    ],
    ...(['allow', 'require_approval', 'deny'] as const).flatMap((mode): [string, VNode][] => [
      [
        `setting many, ${mode}`,
        <BulkPolicyPage
          frame={frame}
          connection={connection}
          mode={mode}
          filter={filter}
          tools={mode === 'deny' ? [] : [tool, long]}
          more={1}
        />,
      ],
      [
        `set many, ${mode}`,
        <BulkPolicyDonePage
          frame={frame}
          connection={connection}
          set={mode === 'deny' ? [] : [{ name: text, definitionHash: 'f'.repeat(64), mode, before: 'deny' }]}
          missed={[text]}
        />,
      ],
    ]),
    ...(
      [
        { are: 'connections', connections: [{ slug: text, name: text, counts }], next: 100 },
        { are: 'tools', of: text, rows: [{ slug: text, connection: text, tool }], next: 30 },
      ] satisfies PoliciesPageProps['shown'][]
    ).flatMap((shown) =>
      ([null, 'unused'] as const).map((view): [string, VNode] => [
        `policies, ${shown.are}, ${view}`,
        <PoliciesPage
          frame={frame}
          counts={counts}
          views={{ alone: 1, unused: 2, changed: 3, denied: 4 }}
          place={{ view, connection: view === null ? text : null }}
          shown={shown}
        />,
      ]),
    ),
    [
      'policies of nothing',
      <PoliciesPage
        frame={frame}
        counts={{ allow: 0, require_approval: 0, deny: 0 }}
        views={{ alone: 0, unused: 0, changed: 0, denied: 0 }}
        place={{ view: null, connection: null }}
        shown={{ are: 'connections', connections: [], next: null }}
      />,
    ],
    ...standings.map((standing, index): [string, VNode] => [
      `tool ${index}`,
      <ToolPage
        frame={frame}
        connection={connection}
        tool={{
          ...tool,
          input: JSON.stringify({ [text]: text }),
          output: text,
          whole: JSON.stringify({ [text]: [text] }),
        }}
        standing={standing}
        back={{ href: '/connections', label: 'All its tools' }}
      />,
    ]),
    [
      'connect',
      <ConnectPage
        frame={frame}
        connection={connection}
        token={{ label: text, acquireUrl: text, extra }}
        error={text}
      />,
    ],
    ['no connections', <ConnectionsPage frame={frame} connections={[]} total={0} query="" next={null} />],
    [
      'catalogue',
      <CataloguePage
        frame={frame}
        found={{
          integrations: [integration, { ...integration, usable: false, installed: 0 }],
          categories: [{ name: text, count: 2 }],
          query: text,
          category: text,
        }}
      />,
    ],
    [
      'empty catalogue',
      <CataloguePage frame={frame} found={{ integrations: [], categories: [], query: text, category: '' }} />,
    ],
    ...[[], ['oauth' as const], integration.methods].map((ways, index): [string, VNode] => [
      `integration ${index}`,
      <IntegrationPage
        frame={frame}
        integration={{ ...integration, ways }}
        accounts={[{ slug: text, name: `${text} name` }]}
        form={{ slug: text, name: text, method: null }}
        error={text}
      />,
    ]),
    [
      'custom server',
      <CustomServerPage
        frame={frame}
        methods={integration.methods}
        form={{ url: text, slug: text, name: text, method: 'token', header: text, format: text, privateNetwork: true }}
        error={text}
      />,
    ],
    ['agents', <AgentsPage frame={frame} agents={agents} before={null} older="1.x" />],
    ...agents.map((agent, index): [string, VNode] => [
      `agent ${index}`,
      <AgentPage frame={frame} agent={agent} waiting={[call]} recent={[call]} {...reach} error={text} />,
    ]),
    ['calls of an agent', <AgentCalls id={text} waiting={[]} recent={[]} />],
    ...CLIENTS.map(({ id }): [string, VNode] => [
      `connect ${id}`,
      <ConnectAgentPage frame={frame} clientId={id} url={URL_OF_MCP} {...reach} arrivals={arrivals} error={text} />,
    ]),
    ['arrivals', <Arrivals arrived={[]} />],
    ...[text, 'codex'].map((clientId): [string, VNode] => [
      `key created for ${clientId}`,
      <KeyCreatedPage
        frame={frame}
        name={text}
        keyText={text}
        clientId={clientId}
        url={URL_OF_MCP}
        arrivals={arrivals}
      />,
    ]),
    ...[true, false].map((expired): [string, VNode] => [
      `settings ${expired}`,
      <SettingsPage
        frame={frame}
        pendingMinutes={60}
        approvedMinutes={60}
        keptDays={90}
        error={text}
        browsers={[true, false].map((isThis) => browserWith(isThis ? text : `${text} other`, isThis))}
        passwordError={text}
        about={{
          version: text,
          runtime: text,
          databaseBytes: 1,
          connections: 1,
          agents: 2,
          calls: { count: 3, isExact: expired },
        }}
        tokens={[personalTokenWith(text, expired)]}
        sent={expired ? { chosen: { name: text, scope: 'tighten', lifetime: text }, error: text } : null}
      />,
    ]),
    ...playgroundPages(text, frame, call),
    ['token created', <TokenCreatedPage frame={frame} name={text} token={text} origin={text} />],
    ['api reference', <ApiReferencePage frame={frame} reference={referenceWith(text)} />],
    ['message', <MessagePage frame={frame} status={404} title={text} text={text} link={{ href: text, label: text }} />],
  ]
}
