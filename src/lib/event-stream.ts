/**
 * Bun.serve sends a streaming answer's last header bytes only with the first body chunk, so an idle event stream would leave
 * its client waiting for headers. A comment in front, which every reader of event streams skips, sends them at once.
 */
const FIRST_COMMENT = new TextEncoder().encode(': ok\n\n')

/** Streams that were made here begin with the comment already; they tell of their end themselves. */
const primed = new WeakMap<Response, Promise<void>>()

/**
 * @param ended is called once the answer has left whole or nobody reads it any more; at once for what is no stream.
 * @param gone ends the stream when it is aborted. Streams that were made here have to look after that themselves.
 */
export function primeEventStream(response: Response, ended: () => void = () => {}, gone?: AbortSignal): Response {
  const end = primed.get(response)
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
      controller.enqueue(FIRST_COMMENT)
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

const SOON_MS = 500
const KEEP_ALIVE_MS = 15_000
const KEEP_ALIVE = new TextEncoder().encode(': keep-alive\n\n')
const STREAM_HEADERS = {
  'content-type': 'text/event-stream',
  'cache-control': 'no-cache, no-transform',
  'x-accel-buffering': 'no',
}

/**
 * Answers with one JSON text: as it is when it comes soon, else as the only message of an event stream that is kept alive until then.
 * Null means that there is nothing left to say. `json` never rejects.
 * @param onGone called when the client has gone away from the stream.
 */
export async function jsonOrEventStream(json: Promise<string | null>, onGone: () => void): Promise<Response> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<'late'>((resolve) => {
    timer = setTimeout(resolve, SOON_MS, 'late')
  })
  const soon = await Promise.race([json.then((text) => ({ text })), late])
  clearTimeout(timer)
  if (soon === 'late') return heldStream(json, onGone)
  if (soon.text === null) return new Response(KEEP_ALIVE, { headers: STREAM_HEADERS })
  return new Response(soon.text, { headers: { 'content-type': 'application/json' } })
}

function heldStream(json: Promise<string | null>, onGone: () => void): Response {
  const end = Promise.withResolvers<void>()
  let beat: ReturnType<typeof setInterval> | undefined
  let isGone = false
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      controller.enqueue(FIRST_COMMENT)
      beat = setInterval(() => controller.enqueue(KEEP_ALIVE), KEEP_ALIVE_MS)
      void json.then((text) => {
        clearInterval(beat)
        if (isGone) return
        if (text !== null) controller.enqueue(new TextEncoder().encode(`event: message\ndata: ${text}\n\n`))
        controller.close()
        end.resolve()
      })
    },
    cancel() {
      isGone = true
      clearInterval(beat)
      end.resolve()
      onGone()
    },
  })
  const response = new Response(body, { headers: STREAM_HEADERS })
  primed.set(response, end.promise)
  return response
}
