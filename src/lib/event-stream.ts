import { endOfHeld, FIRST_COMMENT } from './held-answer.ts'

/**
 * @param ended is called once the answer has left whole or nobody reads it any more; at once for what is no stream.
 * @param gone ends the stream when it is aborted. Streams that were made here have to look after that themselves.
 */
export function primeEventStream(response: Response, ended: () => void = () => {}, gone?: AbortSignal): Response {
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
  let isOver = false
  const over = (act: () => void) => {
    if (isOver) return
    isOver = true
    act()
    ended()
  }
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      controller.enqueue(new TextEncoder().encode(FIRST_COMMENT))
      const cut = () => {
        void reader.cancel().catch(() => {})
        controller.close()
      }
      gone?.addEventListener('abort', () => over(cut), { once: true })
    },
    async pull(controller) {
      try {
        const { done, value } = await reader.read()
        if (done) over(() => controller.close())
        else if (!isOver) controller.enqueue(value)
      } catch (error) {
        over(() => controller.error(error))
      }
    },
    cancel(reason) {
      over(() => {})
      return reader.cancel(reason)
    },
  })
  return new Response(body, { status: response.status, headers: response.headers })
}
