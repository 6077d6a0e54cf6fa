/**
 * Bun.serve sends a streaming answer's last header bytes only with the first body chunk, so an idle event stream would leave
 * its client waiting for headers. A comment in front, which every reader of event streams skips, sends them at once.
 */
export const FIRST_COMMENT = ': ok\n\n'

/** Streams that are made here begin with something already; they tell of their end themselves. */
const ends = new WeakMap<Response, Promise<void>>()

/** When an answer that is held here has left whole, or nobody reads it any more; nothing for any other answer. */
export const endOfHeld = (response: Response): Promise<void> | undefined => ends.get(response)

const SOON_MS = 500
const KEEP_ALIVE_MS = 15_000
const STREAM_HEADERS = {
  'content-type': 'text/event-stream',
  'cache-control': 'no-cache, no-transform',
  'x-accel-buffering': 'no',
}
const JSON_HEADERS = { 'content-type': 'application/json' }

/** How one JSON text is sent when it comes late, and what is sent until then. */
interface Framing {
  headers: Record<string, string>
  first: string
  beat: string
  message(text: string): string
}

const AS_EVENTS: Framing = {
  headers: STREAM_HEADERS,
  first: FIRST_COMMENT,
  beat: ': keep-alive\n\n',
  message: (text) => `event: message\ndata: ${text}\n\n`,
}

/** White space in front of JSON means nothing to whoever reads it (RFC 8259 §2), and keeps whatever stands in between from giving up. */
const AS_JSON: Framing = {
  headers: {
    ...JSON_HEADERS,
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    'x-accel-buffering': 'no',
  },
  first: ' ',
  beat: ' ',
  message: (text) => text,
}

/**
 * Answers with one JSON text: as it is when it comes soon, else as the only message of an event stream that is kept alive until then.
 * Null means that there is nothing left to say. `json` never rejects.
 * @param onGone called when the client has gone away from the stream.
 */
export async function jsonOrEventStream(json: Promise<string | null>, onGone: () => void): Promise<Response> {
  const soon = await unlessLate(json)
  if (soon === 'late') return heldStream(json, onGone, AS_EVENTS)
  if (soon.text === null) return new Response(AS_EVENTS.beat, { headers: STREAM_HEADERS })
  return new Response(soon.text, { headers: JSON_HEADERS })
}

/**
 * The same for those who read plain JSON, of which nothing comes where there is nothing left to say; the status is 200.
 * @throws what `json` rejects with.
 * @param onCut called instead of that once the answer has begun, which is then cut off.
 */
export async function patientJson(
  json: Promise<string | null>,
  { onGone, onCut }: { onGone(): void; onCut(error: unknown): void },
): Promise<Response> {
  const soon = await unlessLate(json)
  if (soon !== 'late') return new Response(soon.text, { headers: AS_JSON.headers })
  json.catch(onCut)
  return heldStream(json, onGone, AS_JSON)
}

async function unlessLate<T>(json: Promise<T>): Promise<{ text: T } | 'late'> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<'late'>((resolve) => {
    timer = setTimeout(resolve, SOON_MS, 'late')
  })
  try {
    return await Promise.race([json.then((text) => ({ text })), late])
  } finally {
    clearTimeout(timer)
  }
}

function heldStream(json: Promise<string | null>, onGone: () => void, framing: Framing): Response {
  const { headers, first, beat, message } = framing
  const end = Promise.withResolvers<void>()
  const encode = (text: string) => new TextEncoder().encode(text)
  let beats: ReturnType<typeof setInterval> | undefined
  let isGone = false
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      controller.enqueue(encode(first))
      beats = setInterval(() => controller.enqueue(encode(beat)), KEEP_ALIVE_MS)
      const finish = (act: () => void) => {
        clearInterval(beats)
        if (isGone) return
        act()
        end.resolve()
      }
      json.then(
        (text) =>
          finish(() => {
            if (text !== null) controller.enqueue(encode(message(text)))
            controller.close()
          }),
        (error: unknown) => finish(() => controller.error(error)),
      )
    },
    cancel() {
      isGone = true
      clearInterval(beats)
      end.resolve()
      onGone()
    },
  })
  const response = new Response(body, { headers })
  ends.set(response, end.promise)
  return response
}
