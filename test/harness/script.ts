import type { JsonObject } from '../../src/lib/json.ts'

export interface ScriptAnswer {
  status: number
  // biome-ignore lint/suspicious/noExplicitAny: a test says what it expects of it.
  body: any
  headers: Headers
}

/** A program that speaks to the API in plain HTTP, as scripts do. */
export class Script {
  constructor(
    readonly origin: string,
    readonly credential: Record<string, string>,
  ) {}

  static withKey(origin: string, key: string): Script {
    return new Script(origin, { 'x-api-key': key })
  }

  static withToken(origin: string, token: string): Script {
    return new Script(origin, { authorization: `Bearer ${token}` })
  }

  async send(method: string, path: string, body?: unknown, init: RequestInit = {}): Promise<ScriptAnswer> {
    const response = await this.fetch(method, path, body, init)
    const text = await response.text()
    return { status: response.status, body: text === '' ? null : JSON.parse(text), headers: response.headers }
  }

  fetch(method: string, path: string, body?: unknown, { headers, ...init }: RequestInit = {}): Promise<Response> {
    return fetch(this.origin + path, {
      method,
      redirect: 'manual',
      ...init,
      headers: {
        ...this.credential,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(headers as Record<string, string> | undefined),
      },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    })
  }

  get(path: string): Promise<ScriptAnswer> {
    return this.send('GET', path)
  }

  call(integration: string, tool: string, args: JsonObject = {}, more: JsonObject = {}): Promise<ScriptAnswer> {
    return this.send('POST', `/api/tools/${integration}/call`, { tool_name: tool, args, ...more })
  }

  await(requestId: string, seconds?: number, init: RequestInit = {}): Promise<ScriptAnswer> {
    const body = seconds === undefined ? undefined : { timeout_seconds: seconds }
    return this.send('POST', `/api/tool-approvals/requests/${requestId}/await`, body, init)
  }
}
