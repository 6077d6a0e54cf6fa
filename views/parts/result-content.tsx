import type { CallResult, JsonValue } from '../types.ts'
import { prettyJson } from './arguments-tree.tsx'
import { ExactText } from './exact-text.tsx'

/** A tool's answer as its agent gets it: texts, pictures, what it gave in structure, and all of it as JSON. */
export function ResultContent({ result: { json, pictures } }: { result: CallResult }) {
  const { texts, structured } = readResult(json)
  const isDrawn = texts.length + pictures.length > 0
  return (
    <>
      {texts.map((text) => (
        <ExactText text={text} />
      ))}
      {pictures.map(({ type, data }, index) => (
        <p>
          <img class="picture" src={`data:${type};base64,${data}`} alt={`Drawn by the tool, ${index + 1}`} />
        </p>
      ))}
      {structured !== null && !texts.some((text) => isSame(text, structured)) && (
        <>
          <h3 class="hint">Structured content</h3>
          <ExactText text={prettyJson(structured)} />
        </>
      )}
      <details class="more" open={!isDrawn && structured === null}>
        <summary>Exact JSON</summary>
        <ExactText text={prettyJson(json)} />
      </details>
    </>
  )
}

/** The text blocks of an MCP tool result, and its structured content as JSON; nothing where it is shaped otherwise. */
function readResult(json: string): { texts: string[]; structured: string | null } {
  const value = parsed(json)
  if (!isObject(value)) return { texts: [], structured: null }
  const content = Array.isArray(value.content) ? value.content : []
  const texts = content.flatMap((block) => (isObject(block) && typeof block.text === 'string' ? [block.text] : []))
  const { structuredContent } = value
  return { texts, structured: structuredContent === undefined ? null : JSON.stringify(structuredContent) }
}

/** Servers are asked to give the same once more as text, which need not be read twice. */
function isSame(text: string, structured: string): boolean {
  const value = parsed(text)
  return value !== undefined && JSON.stringify(value) === structured
}

function parsed(json: string): JsonValue | undefined {
  try {
    return JSON.parse(json)
  } catch {
    return undefined
  }
}

const isObject = (value: JsonValue | undefined): value is { [key: string]: JsonValue } =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
