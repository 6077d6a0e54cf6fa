import { AgentState, KindOfAgent, LastUse } from '../parts/agent-facts.tsx'
import { Arrivals } from '../parts/arrivals.tsx'
import { CatalogueFound } from '../parts/catalogue-found.tsx'
import { ConnectionState } from '../parts/connection-state.tsx'
import { DefinitionDiff } from '../parts/definition-diff.tsx'
import { GoneTools } from '../parts/gone-tools.tsx'
import { HealthNotice } from '../parts/health-notice.tsx'
import { Hints } from '../parts/hints.tsx'
import { ModeWord } from '../parts/mode-word.tsx'
import { SearchForm } from '../parts/search-form.tsx'
import { ToolNews } from '../parts/tool-news.tsx'
import type { IntegrationSummary } from '../types.ts'
import { AGENT, CHANGE, CONNECTION, FRAME, NOW, TOOL } from './samples.ts'
import type { Specimen } from './specimen.tsx'

const { proof } = FRAME
const PROGRAM = { ...AGENT, kind: 'program', prefix: null, claim: { name: 'Cursor', publisher: 'cursor.com' } } as const
const ENDED = { ...AGENT, ended: { how: 'revoked', at: NOW } } as const

const INTEGRATION: IntegrationSummary = {
  id: 'stripe',
  name: 'Stripe',
  description: 'Look up customers, charges and refunds',
  category: 'Payments',
  methods: ['oauth', 'token'],
  access: 'open',
  installed: 1,
  usable: true,
}

export const TOOL_SPECIMENS: Specimen[] = [
  {
    part: 'hints',
    about: 'What the server claims about its tool.',
    states: [
      { name: 'destructive', shown: <Hints hints={TOOL.hints} lead="Server claims:" /> },
      {
        name: 'harmless',
        shown: (
          <Hints
            hints={{ readOnly: true, destructive: false, idempotent: true, openWorld: false }}
            lead="Server claims:"
          />
        ),
      },
    ],
  },
  {
    part: 'mode-word',
    about: 'What policy does with calls of a tool.',
    states: (['allow', 'require_approval', 'deny'] as const).map((mode) => ({
      name: mode,
      shown: <ModeWord mode={mode} />,
    })),
  },
  {
    part: 'tool-news',
    about: 'What a server did to its tools since the owner looked.',
    states: [
      {
        name: 'new and changed',
        shown: <ToolNews news={{ added: 2, changed: 1, asking: 1, list: 'x' }} slug="stripe" proof={proof} />,
      },
    ],
  },
  {
    part: 'gone-tools',
    about: 'Tools that are not offered any more.',
    states: [
      {
        name: 'one was allowed',
        shown: <GoneTools tools={[{ name: 'buy', mode: 'allow', neverSeen: false }]} slug="stripe" proof={proof} />,
      },
    ],
  },
  {
    part: 'definition-diff',
    about: 'What changed in a definition.',
    states: [{ name: 'a text and a member', shown: <DefinitionDiff change={CHANGE} /> }],
  },
  {
    part: 'connection-state',
    about: 'How a connection does, at a glance.',
    states: [
      { name: 'well', shown: <ConnectionState connection={CONNECTION} /> },
      { name: 'not connected', shown: <ConnectionState connection={{ ...CONNECTION, connected: false }} /> },
      ...(['needs_sign_in', 'unreachable', 'degraded'] as const).map((state) => ({
        name: state,
        shown: <ConnectionState connection={{ ...CONNECTION, health: { state, why: null, tryAt: null } }} />,
      })),
    ],
  },
  {
    part: 'catalogue-found',
    about: 'What can be connected, by category.',
    states: [
      {
        name: 'two of a kind',
        shown: (
          <CatalogueFound
            integrations={[INTEGRATION, { ...INTEGRATION, id: 'gmail', name: 'Gmail', usable: false, installed: 0 }]}
            categories={[{ name: 'Payments', count: 2 }]}
            query=""
            category="Payments"
          />
        ),
      },
    ],
  },
  {
    part: 'search-form',
    about: 'Finds while one types.',
    states: [
      { name: 'of the catalogue', shown: <SearchForm path="/catalogue" query="" placeholder="GitHub, payments" /> },
    ],
  },
  {
    part: 'health-notice',
    about: 'How a connection does, and what to do about it.',
    states: (['needs_sign_in', 'unreachable', 'degraded'] as const).map((state) => ({
      name: state,
      shown: <HealthNotice connection={{ ...CONNECTION, health: { state, why: 'It does not answer.', tryAt: NOW } }} />,
    })),
  },
  {
    part: 'agent-facts',
    about: 'What is known of an agent.',
    states: [
      { name: 'a key', shown: <KindOfAgent agent={AGENT} /> },
      { name: 'a program', shown: <KindOfAgent agent={PROGRAM} /> },
      { name: 'its last use', shown: <LastUse of={AGENT} /> },
      { name: 'in use', shown: <AgentState agent={AGENT} /> },
      { name: 'never used', shown: <AgentState agent={{ ...AGENT, lastUsedAt: null }} /> },
      { name: 'ended', shown: <AgentState agent={ENDED} /> },
    ],
  },
  {
    part: 'arrivals',
    about: 'Whether the agent that is being connected has called.',
    states: [
      { name: 'not yet', shown: <Arrivals arrived={[]} /> },
      { name: 'it has', shown: <Arrivals arrived={[AGENT]} /> },
    ],
  },
]
