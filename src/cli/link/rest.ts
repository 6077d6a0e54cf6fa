import { isJsonObject, type JsonObject, type JsonValue } from '../../lib/json.ts'
import { type Endpoint, Refused } from './endpoint.ts'

/** One request to the REST API, which knows what /mcp has no tool for. @throws NotReached, LinkLost, Refused */
export async function askRest(
  endpoint: Endpoint,
  { method, path, body, signal }: { method: 'GET' | 'POST'; path: string; body?: JsonObject; signal: AbortSignal },
): Promise<JsonObject> {
  const exchange = await endpoint.ask({
    method,
    path,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    signal,
  })
  const { status } = exchange.response
  let answer: JsonObject | null
  try {
    answer = asObject(await exchange.response.text())
  } catch (error) {
    throw endpoint.named(error, signal)
  } finally {
    exchange.end()
  }
  if (status === 200 && answer) return answer
  const { detail } = answer ?? {}
  throw new Refused(
    typeof detail === 'string' ? detail : `${endpoint.origin} answered ${status}. Is it an AgentPort?`,
    status,
  )
}

/** Null for what is none: a page of another server, for one. */
function asObject(text: string): JsonObject | null {
  try {
    const value = JSON.parse(text) as JsonValue
    return isJsonObject(value) ? value : null
  } catch {
    return null
  }
}
