import { readFileSync } from 'node:fs'
import { parseExactJson } from '../../lib/exact-json.ts'
import { isJsonObject, type JsonObject } from '../../lib/json.ts'
import { CommandError } from '../output.ts'

/**
 * A JSON object as it stands there, in the file of `@FILE`, or on standard input for `-`.
 * @throws CommandError also for a number that would change on its way: a person would approve one and another would be sent.
 */
export async function readJsonArgument(given: string, name: string): Promise<JsonObject> {
  const text = await textOf(given, name)
  let parsed: ReturnType<typeof parseExactJson>
  try {
    parsed = parseExactJson(text)
  } catch (error) {
    throw new CommandError(`${name} is not JSON: ${(error as Error).message}`)
  }
  const [inexact] = parsed.inexact
  if (inexact !== undefined)
    throw new CommandError(
      `${name} holds the number ${inexact}, which would be rounded. Send it as a string, if the tool takes one.`,
    )
  if (!isJsonObject(parsed.value)) throw new CommandError(`${name} must be a JSON object, such as '{"owner": "me"}'.`)
  return parsed.value
}

async function textOf(given: string, name: string): Promise<string> {
  if (given === '-') return Bun.stdin.text()
  if (!given.startsWith('@')) return given
  try {
    return readFileSync(given.slice(1), 'utf8')
  } catch (error) {
    throw new CommandError(`${name} names a file that cannot be read: ${(error as Error).message}`)
  }
}
