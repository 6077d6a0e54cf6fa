/**
 * Bun.serve sends a streaming answer's last header bytes only with the first body chunk, so an idle event stream would leave
 * its client waiting for headers. A comment in front, which every reader of event streams skips, sends them at once.
 */
const FIRST_COMMENT = new TextEncoder().encode(': ok\n\n')

/** @param ended is called once the answer has left whole or nobody reads it any more; at once for what is no stream. */
export function primeEventStream(response: Response, ended: () => void = () => {}): Response {
  const isStream = response.headers.get('content-type')?.startsWith('text/event-stream')
  if (!response.body || !isStream) {
    ended()
    return response
  }
  const reader = response.body.getReader()
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      controller.enqueue(FIRST_COMMENT)
    },
    async pull(controller) {
      try {
        const { done, value } = await reader.read()
        if (!done) return controller.enqueue(value)
        controller.close()
      } catch (error) {
        controller.error(error)
      }
      ended()
    },
    cancel(reason) {
      ended()
      return reader.cancel(reason)
    },
  })
  return new Response(body, { status: response.status, headers: response.headers })
}
