import {
  isJsonContentType,
  type JSONRPCMessage,
  ProtocolError,
  SdkError,
  SdkErrorCode,
  type StreamableHTTPClientTransport,
} from '@modelcontextprotocol/client'
import { isJsonObject, type JsonObject } from '../lib/json.ts'

export interface ShortCall {
  name: string
  arguments: JsonObject
  timeoutMs: number
  signal: AbortSignal
  /** Sends it. Asked once. */
  post(init: RequestInit): Promise<Response>
  /** Headers for a message to the SDK's transport, by which `response` becomes the answer to it. */
  asAnswer(response: Response): Record<string, string>
}

/** Ids of our own requests, far from those that the SDK counts up from zero in the same session. */
const FIRST_ID = 1_000_000_000

/**
 * Calls in a session of the 2025 generation that ask for nothing but their result. The request is written, and a JSON answer read, here,
 * since the SDK's work on each message costs more than the call itself. Any other answer is given to the SDK's transport, which reads
 * and resumes event streams and turns refusals into errors as ever; what it reads for us comes back by its id.
 */
export class ShortCalls {
  #nextId = FIRST_ID
  readonly #waiting = new Map<unknown, { resolve(result: JsonObject): void; reject(error: unknown): void }>()
  readonly #headers: Record<string, string>

  constructor(
    readonly transport: StreamableHTTPClientTransport,
    headers: Record<string, string>,
  ) {
    const { sessionId, protocolVersion } = transport
    this.#headers = {
      ...headers,
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      ...(sessionId === undefined ? {} : { 'mcp-session-id': sessionId }),
      ...(protocolVersion === undefined ? {} : { 'mcp-protocol-version': protocolVersion }),
    }
    const pass = transport.onmessage?.bind(transport)
    transport.onmessage = (message: JSONRPCMessage) => {
      if (!this.#take(message)) pass?.(message)
    }
  }

  /** The server's own result. @throws NotSent, or the SDK's errors as endFromError reads them. */
  async call(call: ShortCall): Promise<JsonObject> {
    const id = this.#nextId++
    const connection = new AbortController()
    const giveUp = (error: unknown) => {
      this.#waiting.get(id)?.reject(error)
      // The server is told before the connection goes; it may take either for the end.
      void this.transport
        .send({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: id } })
        .catch(() => {})
        .finally(() => connection.abort())
    }
    const abort = () => giveUp(call.signal.reason)
    call.signal.addEventListener('abort', abort, { once: true })
    const tooLate = () => giveUp(new SdkError(SdkErrorCode.RequestTimeout, 'The time limit has passed'))
    const timer = setTimeout(tooLate, call.timeoutMs)
    try {
      return await new Promise<JsonObject>((resolve, reject) => {
        this.#waiting.set(id, { resolve, reject })
        this.#send(id, call, connection.signal, reject).catch(reject)
      })
    } finally {
      clearTimeout(timer)
      call.signal.removeEventListener('abort', abort)
      this.#waiting.delete(id)
    }
  }

  async #send(id: number, call: ShortCall, signal: AbortSignal, reject: (error: unknown) => void): Promise<void> {
    const params = { name: call.name, arguments: call.arguments }
    const message = { jsonrpc: '2.0' as const, id, method: 'tools/call', params }
    const response = await call.post({
      method: 'POST',
      headers: this.#headers,
      body: JSON.stringify(message),
      signal,
      redirect: 'manual',
    })
    const noAnswer = () => {
      if (this.#waiting.has(id))
        reject(new SdkError(SdkErrorCode.InvalidResult, 'The answer holds none to this request'))
    }
    if (response.status === 200 && isJsonContentType(response.headers.get('content-type'))) {
      const answer = (await response.json()) as unknown
      for (const each of Array.isArray(answer) ? answer : [answer]) this.transport.onmessage?.(each as JSONRPCMessage)
      return noAnswer()
    }
    const dropped = () => reject(new SdkError(SdkErrorCode.ConnectionClosed, 'The answer stream ended'))
    const options = { headers: call.asAnswer(response), requestSignal: signal, onRequestStreamEnd: dropped }
    await this.transport.send(message, options as Parameters<StreamableHTTPClientTransport['send']>[1])
    if (response.status === 202) noAnswer()
  }

  /** Whether the message is an answer to one of our requests. */
  #take(message: unknown): boolean {
    if (!isJsonObject(message) || message.method !== undefined) return false
    const waiting = this.#waiting.get(message.id)
    if (!waiting) return false
    this.#waiting.delete(message.id)
    const { result, error } = message
    if (isJsonObject(result)) waiting.resolve(result)
    else if (isJsonObject(error) && typeof error.code === 'number')
      waiting.reject(new ProtocolError(error.code, String(error.message), error.data))
    else waiting.reject(new SdkError(SdkErrorCode.InvalidResult, 'Neither a result nor an error'))
    return true
  }
}
