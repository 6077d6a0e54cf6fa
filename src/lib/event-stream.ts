import { endOfHeld, FIRST_COMMENT } from './held-answer.ts'

/** @param ended is called once the answer has left whole or nobody reads it any more; at once for what is no stream. */
export function primeEventStream(response: Response, ended: () => void = () => {}): Response {
  const end = endOfHeld(response)
  if (end) {
    void end.then(ended)
    return response
  }
  // Asked first: looking at the body of any other answer would make a stream of it.
  const isStream = response.headers.get('content-type')?.startsWith('text/event-stream')
  if (!isStream || !response.body) {
    ended()
    return response
  }
  const reader = response.body.getReader()
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      controller.enqueue(new TextEncoder().encode(FIRST_COMMENT))
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
