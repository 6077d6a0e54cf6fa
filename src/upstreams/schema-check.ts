import { createContext, Script } from 'node:vm'
import { AjvJsonSchemaValidator } from '@modelcontextprotocol/client/validators/ajv'
import type { JsonObject, JsonValue } from '../lib/json.ts'
import { holdsLongString, withoutPatterns } from './safe-patterns.ts'

/** Says where a value breaks a schema; null when it does not. */
export type SchemaCheck = (value: JsonValue) => string | null

/** A schema of a few lines can ask for more steps than anybody has time for, and everybody would wait for them. */
const TIME_LIMIT_MS = 250
/** Only these can make a short schema mean a long check; without them it is done in place. */
const MAY_TAKE_LONG = /"\$(ref|dynamicRef|recursiveRef)"|"uniqueItems"/
const LONG_SCHEMA = 50_000

/**
 * A check from a server's own schema. What cannot be compiled, takes too long, or fails in the checking, checks nothing:
 * the server itself will judge, and no call is lost to its mistake.
 */
export function schemaCheck(schema: JsonObject): SchemaCheck {
  const text = JSON.stringify(schema)
  const inTime = MAY_TAKE_LONG.test(text) || text.length > LONG_SCHEMA ? withinTimeLimit : <T>(act: () => T) => act()
  const compile = (which: 'unsafe' | 'all'): SchemaCheck => {
    try {
      // A check that answered later would be taken for one that found nothing.
      const { $async: _, ...rest } = withoutPatterns(schema, which)
      // A validator of its own: two servers may use one `$id` for different schemas.
      const validate = inTime(() => new AjvJsonSchemaValidator().getValidator(rest))
      return (value) => {
        const verdict = validate(value)
        return verdict.valid ? null : (verdict.errorMessage ?? 'does not match the schema')
      }
    } catch {
      return () => null
    }
  }
  const compiled: { [which in 'unsafe' | 'all']?: SchemaCheck } = {}
  return (value) => {
    const which = holdsLongString(value) ? 'all' : 'unsafe'
    const check = compiled[which] ?? compile(which)
    compiled[which] = check
    try {
      return inTime(() => check(value))
    } catch {
      return null
    }
  }
}

const stage: { act: () => unknown } = { act: () => null }
const context = createContext(stage)
const callAct = new Script('act()')

/** @throws when `act` is not done in time; it is then interrupted. */
function withinTimeLimit<T>(act: () => T): T {
  stage.act = act
  return callAct.runInContext(context, { timeout: TIME_LIMIT_MS }) as T
}
