import { canonicalJson } from '../lib/canonical-json.ts'
import { sha256Hex } from '../lib/hashes.ts'
import type { JsonObject } from '../lib/json.ts'

/** Our one tool that a person is asked about: shown on the approval page like any other. */
export const UNINSTALL_TOOL = {
  name: 'agentport__uninstall_integration',
  title: 'Uninstall an integration',
  description:
    'Removes an installed integration: its stored credentials, its tools and all policies for them are forgotten, and requests that wait for it are voided. A human is asked first; share the link and await the decision as for any gated tool.',
  inputSchema: {
    type: 'object',
    properties: { integration_id: { type: 'string', description: 'Id of the installed integration.' } },
    required: ['integration_id'],
    additionalProperties: false,
  },
  annotations: {
    title: 'Uninstall an integration',
    readOnlyHint: false,
    destructiveHint: true,
    idempotentHint: true,
    openWorldHint: false,
  },
} as const satisfies JsonObject

export const UNINSTALL_DEFINITION_JSON = canonicalJson(UNINSTALL_TOOL as unknown as JsonObject)
export const UNINSTALL_DEFINITION_HASH = sha256Hex(UNINSTALL_DEFINITION_JSON)
