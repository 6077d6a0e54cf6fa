import { AjvJsonSchemaValidator } from '@modelcontextprotocol/client/validators/ajv'
import type { JsonObject, JsonValue } from '../lib/json.ts'

/** Says where a value breaks a schema; null when it does not. */
export type SchemaCheck = (value: JsonValue) => string | null

/**
 * A check from a server's own schema.
 * A schema that cannot be compiled checks nothing: the server itself will judge, and the call is not lost to its mistake.
 */
export function schemaCheck(schema: JsonObject): SchemaCheck {
  try {
    // A validator of its own: two servers may use one `$id` for different schemas.
    const validate = new AjvJsonSchemaValidator().getValidator(schema)
    return (value) => {
      const verdict = validate(value)
      return verdict.valid ? null : (verdict.errorMessage ?? 'does not match the schema')
    }
  } catch {
    return () => null
  }
}
