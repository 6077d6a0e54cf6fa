import { createContext, Script } from 'node:vm'
import { AjvJsonSchemaValidator } from '@modelcontextprotocol/client/validators/ajv'
import { isJsonObject, type JsonObject, type JsonValue } from '../lib/json.ts'
import { holdsLongString, withoutPatterns } from './safe-patterns.ts'

/** Says where a value breaks a schema; null when it does not. */
export type SchemaCheck = (value: JsonValue) => string | null

/** A schema of a few lines can ask for more steps than anybody has time for, and everybody would wait for them. */
const TIME_LIMIT_MS = 250

/**
 * A check from a server's own schema. What cannot be compiled, cannot be checked in bounded time, or fails in the checking,
 * checks nothing: the server itself will judge, and no call is lost to its mistake.
 */
export function schemaCheck(schema: JsonObject): SchemaCheck {
  let broken = isAsync(schema)
  const compile = (which: 'unsafe' | 'all') => {
    let validate: SchemaCheck | null = null
    return (value: JsonValue): string | null => {
      // A validator of its own: two servers may use one `$id` for different schemas.
      validate ??= asCheck(new AjvJsonSchemaValidator().getValidator(withoutPatterns(schema, which)))
      return validate(value)
    }
  }
  const usual = compile('unsafe')
  const forLongTexts = compile('all')
  return (value) => {
    if (broken) return null
    try {
      return withinTime(() => (holdsLongString(value) ? forLongTexts : usual)(value))
    } catch {
      broken = true
      return null
    }
  }
}

function asCheck(validate: ReturnType<AjvJsonSchemaValidator['getValidator']>): SchemaCheck {
  return (value) => {
    const verdict = validate(value)
    return verdict.valid ? null : (verdict.errorMessage ?? 'does not match the schema')
  }
}

/** The engine's own extension: its verdict would come later, and its refusal as an error that nobody catches. */
const isAsync = (value: JsonValue): boolean =>
  Array.isArray(value)
    ? value.some(isAsync)
    : isJsonObject(value) && (value.$async === true || Object.values(value).some(isAsync))

let work: () => string | null = () => null
const context = createContext({ run: () => work() })
const run = new Script('run()')

/** @throws when `act` takes longer than the limit. */
function withinTime(act: () => string | null): string | null {
  work = act
  return run.runInContext(context, { timeout: TIME_LIMIT_MS }) as string | null
}
