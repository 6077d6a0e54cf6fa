import type { Tool } from '@modelcontextprotocol/server'
import { z } from 'zod'
import { UNINSTALL_TOOL } from '../calls/calls.ts'
import { INPUTS, OUTPUTS } from './tool-schemas.ts'

export type MetaToolName =
  | 'agentport__list_installed_integrations'
  | 'agentport__list_available_integrations'
  | 'agentport__get_integration'
  | 'agentport__install_integration'
  | 'agentport__uninstall_integration'
  | 'agentport__get_auth_status'
  | 'agentport__start_oauth_flow'
  | 'agentport__list_integration_tools'
  | 'agentport__describe_tool'
  | 'agentport__call_tool'
  | 'agentport__await_approval'

interface Declared {
  name: MetaToolName
  title: string
  description: string
  input: z.ZodObject
  output?: z.ZodObject
  hints: { readOnly?: true; destructive?: true; idempotent?: true; openWorld?: true }
}

const declared: Declared[] = [
  {
    name: 'agentport__list_installed_integrations',
    title: 'List installed integrations',
    description: 'The integrations that the owner has installed, and whether each is connected.',
    input: INPUTS.listInstalled,
    output: OUTPUTS.listInstalled,
    hints: { readOnly: true, idempotent: true },
  },
  {
    name: 'agentport__list_available_integrations',
    title: 'List available integrations',
    description: 'The catalogue of integrations that could be installed. Give a query to narrow it down.',
    input: INPUTS.listAvailable,
    output: OUTPUTS.listAvailable,
    hints: { readOnly: true, idempotent: true },
  },
  {
    name: 'agentport__get_integration',
    title: 'Get an integration',
    description: 'One integration by its id.',
    input: INPUTS.getIntegration,
    output: OUTPUTS.getIntegration,
    hints: { readOnly: true, idempotent: true },
  },
  {
    name: 'agentport__install_integration',
    title: 'Install an integration',
    description:
      'Installs an integration from the catalogue. If a credential is needed, the answer has an authorization_url: share it with the human, who enters the credential there. Every tool of it needs approval until the owner says otherwise.',
    input: INPUTS.install,
    output: OUTPUTS.install,
    hints: { openWorld: true },
  },
  {
    name: 'agentport__uninstall_integration',
    title: UNINSTALL_TOOL.title,
    description: UNINSTALL_TOOL.description,
    input: INPUTS.uninstall,
    hints: { destructive: true, idempotent: true },
  },
  {
    name: 'agentport__get_auth_status',
    title: 'Get the sign-in status',
    description: 'Whether an installed integration is connected, and what is wrong if it is not.',
    input: INPUTS.authStatus,
    output: OUTPUTS.authStatus,
    hints: { readOnly: true, idempotent: true },
  },
  {
    name: 'agentport__start_oauth_flow',
    title: 'Start a sign-in',
    description:
      'Gives a link where the human signs in to an installed integration or enters its credential. Working credentials stay in use until new ones arrive.',
    input: INPUTS.startOauth,
    output: OUTPUTS.startOauth,
    hints: { idempotent: true },
  },
  {
    name: 'agentport__list_integration_tools',
    title: 'Find tools',
    description:
      'Tools of the installed integrations, best match for the query first. With integration_id, only the tools of that integration, with their input schemas.',
    input: INPUTS.listTools,
    output: OUTPUTS.listTools,
    hints: { readOnly: true, idempotent: true },
  },
  {
    name: 'agentport__describe_tool',
    title: 'Describe a tool',
    description: 'The whole definition of one tool, and whether it is allowed, needs approval or is denied.',
    input: INPUTS.describeTool,
    output: OUTPUTS.describeTool,
    hints: { readOnly: true, idempotent: true },
  },
  {
    name: 'agentport__call_tool',
    title: 'Call a tool',
    description:
      'Calls a tool of an installed integration. If a human has to approve, the answer has a URL to share and says how to wait for the result. Put what you are doing and why into additional_info, for the human.',
    input: INPUTS.callTool,
    hints: { destructive: true, openWorld: true },
  },
  {
    name: 'agentport__await_approval',
    title: 'Await an approval',
    description:
      'Waits until the human has decided on a request of yours, and returns the result of the tool. Call it again while it says pending. Also gives the result again when a reply was lost.',
    input: INPUTS.awaitApproval,
    hints: { destructive: true, idempotent: true, openWorld: true },
  },
]

/** As tools/list gives them. Built once: they never change while we run. */
export const META_TOOLS: readonly Tool[] = declared.map(({ name, title, description, input, output, hints }) => ({
  name,
  title,
  description,
  inputSchema: jsonSchema(input, 'input') as Tool['inputSchema'],
  ...(output ? { outputSchema: jsonSchema(output, 'output') as NonNullable<Tool['outputSchema']> } : {}),
  annotations: {
    title,
    readOnlyHint: hints.readOnly ?? false,
    destructiveHint: hints.destructive ?? false,
    idempotentHint: hints.idempotent ?? false,
    openWorldHint: hints.openWorld ?? false,
  },
}))

/** Which of them may hold their caller for long, so that their answers are streamed from the start. */
export const MAY_WAIT: ReadonlySet<string> = new Set<MetaToolName>([
  'agentport__call_tool',
  'agentport__await_approval',
  'agentport__uninstall_integration',
])

function jsonSchema(schema: z.ZodObject, io: 'input' | 'output'): object {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io })
  return rest
}
