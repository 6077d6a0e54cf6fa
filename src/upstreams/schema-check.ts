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
  const checkable = checkableSchema(schema)
  if (!checkable) return () => null
  try {
    // A validator of its own: two servers may use one `$id` for different schemas.
    const validate = new AjvJsonSchemaValidator().getValidator(checkable)
    return (value) => {
      try {
        const verdict = validate(value)
        return verdict.valid ? null : (verdict.errorMessage ?? 'does not match the schema')
      } catch {
        return null
      }
    }
  } catch {
    return () => null
  }
}
