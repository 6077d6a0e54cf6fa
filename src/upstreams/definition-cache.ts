import type { JsonObject } from '../lib/json.ts'
import { type SchemaCheck, schemaCheck } from './schema-check.ts'
import { readDefinition, type ToolDefinition } from './tool-definition.ts'

export interface CachedDefinition {
  definition: ToolDefinition
  checkInput: SchemaCheck
  /** Null when the tool declares no output schema. */
  checkOutput: ((result: JsonObject) => string | null) | null
}

const MOST = 2_000

/** Definitions never change under their hash, so parsing and compiling them once is enough; the least recently used leave first. */
export class DefinitionCache {
  readonly #held = new Map<string, CachedDefinition>()

  constructor(readonly read: (userId: string, hash: string) => string | undefined) {}

  find(userId: string, hash: string): CachedDefinition | null {
    const key = `${userId}/${hash}`
    let cached = this.#held.get(key)
    if (!cached) {
      const json = this.read(userId, hash)
      if (json === undefined) return null
      cached = compileWhenNeeded(readDefinition(json))
      const oldest = this.#held.keys().next()
      if (this.#held.size >= MOST && !oldest.done) this.#held.delete(oldest.value)
    } else {
      this.#held.delete(key)
    }
    this.#held.set(key, cached)
    return cached
  }

  get(userId: string, hash: string): CachedDefinition {
    const cached = this.find(userId, hash)
    if (!cached) throw new Error('A stored tool refers to a definition that is not stored')
    return cached
  }
}

function compileWhenNeeded(definition: ToolDefinition): CachedDefinition {
  const { inputSchema, outputSchema } = definition
  let input: SchemaCheck | null = null
  let output: SchemaCheck | null = null
  return {
    definition,
    checkInput(value) {
      input ??= schemaCheck(inputSchema)
      return input(value)
    },
    checkOutput: outputSchema
      ? (result) => {
          if (result.isError === true) return null
          if (result.structuredContent === undefined)
            return 'the tool declares an output schema but gave no structured content'
          output ??= schemaCheck(outputSchema)
          return output(result.structuredContent)
        }
      : null,
  }
}
