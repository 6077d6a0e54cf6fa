import { z } from 'zod'

/** Inputs and structured contents of our tools, as the contract names them. */

const IntegrationId = z.string().min(1).max(200)
const Note = z.string().max(10_000)

export const MODES = z.enum(['allow', 'require_approval', 'deny'])

const Installed = z.object({
  integration_id: z.string(),
  name: z.string(),
  type: z.string(),
  auth_method: z.string(),
  connected: z.boolean(),
  tool_count: z.int(),
  added_at: z.string().describe('ISO 8601, UTC'),
})

const Available = z.object({
  id: z.string(),
  name: z.string(),
  description: z.string(),
  category: z.string(),
  type: z.string(),
  auth_methods: z.array(z.string()),
  docs_url: z.string().nullable(),
  installed: z.boolean(),
})

const ListedTool = z.object({
  integration_id: z.string(),
  name: z.string(),
  title: z.string().nullable(),
  description: z.string().nullable(),
  approval_mode: MODES,
  inputSchema: z.record(z.string(), z.unknown()).optional().describe('Given when one integration is named'),
})

const RequestId = z.string().min(1).max(100)

export const INPUTS = {
  listInstalled: z.object({}),
  listAvailable: z.object({
    query: z.string().max(500).optional().describe('Words to look for in name, description and category'),
    type: z.enum(['mcp', 'rest']).optional(),
  }),
  getIntegration: z.object({ integration_id: IntegrationId }),
  install: z.object({
    integration_id: IntegrationId.describe('Id from agentport__list_available_integrations'),
    auth_method: z
      .enum(['none', 'token', 'oauth'])
      .optional()
      .describe('Left out: the simplest that the integration offers'),
    as: z.string().max(64).optional().describe('Id for a second account, for example github-work'),
  }),
  uninstall: z.object({ integration_id: IntegrationId }),
  authStatus: z.object({ integration_id: IntegrationId }),
  startOauth: z.object({ integration_id: IntegrationId }),
  listTools: z.object({
    integration_id: IntegrationId.optional().describe('Only the tools of this installed integration'),
    query: z.string().max(500).optional().describe('A few words on what you want to do; best match first'),
    limit: z.int().min(1).max(200).optional().describe('Tools per page, 50 by default'),
    cursor: z.string().max(200).optional().describe('next_cursor of the page before'),
  }),
  describeTool: z.object({ integration_id: IntegrationId, tool_name: z.string().min(1).max(300) }),
  callTool: z.object({
    integration_id: IntegrationId.describe('Id of an installed integration'),
    tool_name: z.string().min(1).max(300),
    arguments: z.record(z.string(), z.unknown()).describe("Arguments as the tool's input schema has them"),
    additional_info: Note.optional().describe(
      'For the human who approves: what you are doing and why. Never sent to the tool.',
    ),
  }),
  awaitApproval: z.object({
    request_id: RequestId.describe('From the answer that asked for approval'),
    timeout_seconds: z.number().min(1).max(240).optional().describe('How long to wait, 45 by default'),
  }),
} as const

export const OUTPUTS = {
  listInstalled: z.object({ integrations: z.array(Installed) }),
  listAvailable: z.object({ integrations: z.array(Available) }),
  getIntegration: Available,
  install: z.object({
    installed: z.boolean(),
    connected: z.boolean(),
    integration_id: z.string(),
    authorization_url: z.string().optional().describe('Share it with the human, who has to act there'),
    message: z.string(),
  }),
  authStatus: z.object({
    integration_id: z.string(),
    connected: z.boolean(),
    auth_method: z.string(),
    oauth_status: z.string().nullable(),
    last_error: z.string().nullable(),
  }),
  startOauth: z.object({ authorization_url: z.string(), message: z.string() }),
  listTools: z.object({ tools: z.array(ListedTool), next_cursor: z.string().optional() }),
  describeTool: z.object({
    integration_id: z.string(),
    tool: z.record(z.string(), z.unknown()),
    approval: z.object({ mode: MODES, source: z.string() }),
  }),
} as const
