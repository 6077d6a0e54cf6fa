import { isJsonObject, type JsonObject, type JsonValue } from '../../lib/json.ts'
import type { Endpoint } from './endpoint.ts'

export interface RestAnswer {
  status: number
  /** Null where the answer is no JSON object. */
  body: JsonObject | null
}

/** One request to the REST API, which knows what /mcp has no tool for. @throws NotReached, LinkLost */
export async function askRest(
  endpoint: Endpoint,
  { method, path, body, signal }: { method: 'GET' | 'POST'; path: string; body?: JsonObject; signal?: AbortSignal },
): Promise<RestAnswer> {
  const exchange = await endpoint.ask({
    method,
    path,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    ...(signal ? { signal } : {}),
  })
  try {
    const { response } = exchange
    const text = await response.text()
    const isJson = response.headers.get('content-type')?.includes('application/json') === true
    const value = isJson ? (JSON.parse(text) as JsonValue) : null
    return { status: response.status, body: isJsonObject(value) ? value : null }
  } catch (error) {
    throw endpoint.named(error, signal)
  } finally {
    exchange.end()
  }
}
