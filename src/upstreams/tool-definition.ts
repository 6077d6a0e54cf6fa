import { canonicalJson } from '../lib/canonical-json.ts'
import { sha256Hex } from '../lib/hashes.ts'
import { isJsonObject, type JsonObject, type JsonValue } from '../lib/json.ts'

/** A tool as its server describes it; everything in it is the server's claim. */
export interface ToolDefinition {
  name: string
  title: string | null
  description: string | null
  inputSchema: JsonObject
  outputSchema: JsonObject | null
  hints: ToolHints
  /** The whole definition, as an agent is shown it. */
  raw: JsonObject
}

/** MCP tool annotations; null where the server says nothing. */
export interface ToolHints {
  readOnly: boolean | null
  destructive: boolean | null
  idempotent: boolean | null
  openWorld: boolean | null
}

/** A definition in the form it is kept and compared in. */
export interface KeptDefinition {
  name: string
  json: string
  hash: string
}

/** Our own tools are asked about by these names; no server may take one. */
export const RESERVED_PREFIX = 'agentport__'
const MAX_NAME_LENGTH = 256
const MAX_DEFINITION_BYTES = 512 * 1024

/** Null for what cannot be a tool: no usable name, or a definition that is no canonical JSON or absurdly large. */
export function keepDefinition(raw: JsonValue): KeptDefinition | null {
  if (!isJsonObject(raw) || typeof raw.name !== 'string') return null
  if (raw.name.length === 0 || raw.name.length > MAX_NAME_LENGTH) return null
  if (raw.name.startsWith(RESERVED_PREFIX)) return null
  try {
    const json = canonicalJson(raw)
    return Buffer.byteLength(json) > MAX_DEFINITION_BYTES ? null : { name: raw.name, json, hash: sha256Hex(json) }
  } catch {
    return null
  }
}

export function readDefinition(json: string): ToolDefinition {
  const raw = JSON.parse(json) as JsonObject
  const annotations = isJsonObject(raw.annotations) ? raw.annotations : {}
  const flag = (name: string) => (typeof annotations[name] === 'boolean' ? annotations[name] : null)
  return {
    name: String(raw.name),
    title: text(raw.title) ?? text(annotations.title),
    description: text(raw.description),
    inputSchema: isJsonObject(raw.inputSchema) ? raw.inputSchema : { type: 'object' },
    outputSchema: isJsonObject(raw.outputSchema) ? raw.outputSchema : null,
    hints: {
      readOnly: flag('readOnlyHint'),
      destructive: flag('destructiveHint'),
      idempotent: flag('idempotentHint'),
      openWorld: flag('openWorldHint'),
    },
    raw,
  }
}

const text = (value: unknown): string | null => (typeof value === 'string' && value !== '' ? value : null)
