import type { JsonObject } from '../../lib/json.ts'
import { type Ask, type Endpoint, type Exchange, LinkLost, NotReached } from '../link/endpoint.ts'
import { readMessages } from '../link/read-messages.ts'
import { isId, isResponse, type Write } from './client-pipe.ts'

type Id = string | number

/** So long a server may be away, as when it is started anew, before what was to be sent to it is given up. */
const PATIENCE_MS = 15_000
const PAUSE_MS = 250

/** Called off before it was sent. */
export class CalledOff extends Error {}

/**
 * Sends as `ask` does, and tries again for a while where nothing could be sent: that is safe whatever the message asks for.
 * @throws CalledOff instead of sending what nobody wants any more.
 */
export async function askPatiently(endpoint: Endpoint, ask: Ask, isCalledOff = () => false): Promise<Exchange> {
  const pauses = PATIENCE_MS / PAUSE_MS
  for (let tries = 0; ; tries++) {
    if (isCalledOff()) throw new CalledOff()
    try {
      return await endpoint.ask(ask)
    } catch (error) {
      if (!(error instanceof NotReached) || tries >= pauses) throw error
      await Bun.sleep(PAUSE_MS)
      ask.signal?.throwIfAborted()
    }
  }
}

/**
 * Hands on what comes for the requests `ids`, and sees to it that each of them is answered: by the server, by what the server said to
 * the whole of it, or by us, who say what is not known.
 */
export async function handOn(
  { origin }: Endpoint,
  { response, onSound, end }: Exchange,
  { ids, write, mayStaySilent }: { ids: readonly Id[]; write: Write; mayStaySilent(id: Id): boolean },
): Promise<void> {
  const open = new Set(ids)
  const { status } = response
  let why = `${origin} answered ${status}, and nothing more.`
  try {
    for await (const message of readMessages(response, onSound)) {
      if (!isResponse(message)) write(message)
      else if (isId(message.id)) {
        open.delete(message.id)
        write(message)
      } else if (status >= 400) {
        // A refusal of the whole: each request in it hears of it.
        for (const id of open) write({ ...message, id })
        open.clear()
      }
    }
    if (status < 300) why = `The answer of ${origin} ended before its end.`
  } catch (error) {
    why = `The connection to ${origin} was lost (${error instanceof Error ? error.message : error}).`
  } finally {
    end()
  }
  for (const id of open) if (!mayStaySilent(id)) write(endUnknown(id, why))
}

/** What to say to a request that broke off, or was never sent. */
export const brokenOff = (id: Id, error: unknown): JsonObject => {
  const why = error instanceof Error ? error.message : String(error)
  return error instanceof LinkLost ? endUnknown(id, why) : errorTo(id, why, 'failed')
}

/** Sent, and no answer: it is not sent again, since it may have run. */
const endUnknown = (id: Id, why: string): JsonObject =>
  errorTo(
    id,
    `${why} The request was sent, and its end is not known: it may have taken effect. Check before repeating it; agentport__await_approval with the request_id of an earlier answer gives a result again.`,
    'unknown',
  )

const errorTo = (id: Id, message: string, outcome: 'unknown' | 'failed'): JsonObject => ({
  jsonrpc: '2.0',
  id,
  error: { code: CONNECTION_CLOSED, message, data: { 'agentport/outcome': outcome } },
})

/** As the SDKs number it. */
const CONNECTION_CLOSED = -32000
