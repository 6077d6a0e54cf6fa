import { isJsonObject, type JsonObject, type JsonValue } from '../../lib/json.ts'
import type { Screen } from './agent-output.ts'
import { fields, fittedTable, textLines } from './human-text.ts'

/** What a tool gave, for people: its texts as they are, and of what is no text that it is there. */
export function resultLines({ content, structuredContent }: JsonObject): string[] {
  const blocks = (Array.isArray(content) ? content : []).filter(isJsonObject)
  const lines = blocks.flatMap((block) => textLines(blockText(block)))
  if (lines.length > 0 || structuredContent === undefined) return lines
  return textLines(JSON.stringify(structuredContent, null, 2))
}

function blockText(block: JsonObject): string {
  const { type, text, data, mimeType, uri, resource } = block
  if (typeof text === 'string') return text
  if (typeof data === 'string') return `[${type}, ${mimeType ?? 'unknown kind'}, ${sizeOf(data)}; -o json has it]`
  if (typeof uri === 'string') return `[${uri}]`
  if (!isJsonObject(resource)) return JSON.stringify(block)
  return typeof resource.text === 'string'
    ? resource.text
    : `[${resource.uri}, ${resource.mimeType ?? 'unknown kind'}; -o json has it]`
}

const sizeOf = (base64: string): string => {
  const bytes = Math.floor((base64.length * 3) / 4)
  return bytes < 1024 ? `${bytes} bytes` : `${Math.round(bytes / 1024)} KB`
}

export function describedTool(tool: JsonObject, screen: Screen): string[] {
  const { name, title, integration_id, execution_mode, description, inputSchema } = tool
  const head = { tool: name, ...(title ? { title } : {}), integration: integration_id, mode: execution_mode }
  const said = typeof description === 'string' ? ['', ...textLines(description)] : []
  return [...fields(head, screen), ...said, '', ...parameterLines(inputSchema, screen)]
}

function parameterLines(schema: JsonValue | undefined, screen: Screen): string[] {
  const { properties, required } = isJsonObject(schema) ? schema : {}
  const entries = isJsonObject(properties) ? Object.entries(properties) : []
  if (entries.length === 0) return ['It takes no arguments.']
  const isRequired = (name: string) => Array.isArray(required) && required.includes(name)
  return fittedTable(
    ['ARGUMENT', 'TYPE', 'REQUIRED', 'DESCRIPTION'],
    entries.map(([name, each]) => {
      const { type, enum: values, description } = isJsonObject(each) ? each : {}
      const kind = Array.isArray(values) ? values.map((value) => JSON.stringify(value)).join('|') : kindText(type)
      return [name, kind, isRequired(name) ? 'yes' : 'no', typeof description === 'string' ? description : '']
    }),
    screen,
  )
}

const kindText = (type: JsonValue | undefined): string =>
  typeof type === 'string' ? type : Array.isArray(type) ? type.join('|') : 'any'
