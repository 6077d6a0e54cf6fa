import type { Approvals } from '../approvals/approvals.ts'
import type { Identity, Session } from '../identity/identity.ts'
import { atMostEvery } from '../lib/at-most-every.ts'
import type { Clock } from '../lib/clock.ts'
import { primeEventStream } from '../lib/event-stream.ts'

const KEEP_ALIVE_MS = 20_000
const MOST_STREAMS_PER_USER = 60
/** Allowed calls come by the hundred a second, and a page need not know of each. */
const NEWS_EVERY_MS = 500
const encode = (text: string) => new TextEncoder().encode(text)

/** The stream that tells a person's pages that something changed; what changed, they ask for themselves. */
export function createEventStreams({
  approvals,
  identity,
  clock,
}: {
  approvals: Approvals
  identity: Identity
  clock: Clock
}) {
  const open = new Map<string, Set<() => void>>()

  function stream(session: Session, token: string, signal: AbortSignal): Response {
    const mine = open.get(session.user.id) ?? new Set()
    open.set(session.user.id, mine)
    // A browser that lost its connection opens another; the oldest has long been left.
    const [oldest] = mine
    if (mine.size >= MOST_STREAMS_PER_USER) oldest?.()

    let close = () => {}
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        let unschedule = () => {}
        const keepAlive = () => {
          unschedule = clock.schedule(clock.now() + KEEP_ALIVE_MS, () => {
            controller.enqueue(encode('event: here\ndata: {}\n\n'))
            keepAlive()
          })
        }
        const news = (event: string) =>
          atMostEvery(NEWS_EVERY_MS, () => {
            void identity.humans.findSession(token).then((still) => {
              if (!still) return close()
              if (mine.has(close)) controller.enqueue(encode(`event: ${event}\ndata: {}\n\n`))
            })
          })
        const [calls, agents] = [news('calls-changed'), news('agents-changed')]
        const ifMine = (tell: () => void) => (userId: string | null) => {
          if (userId === null || userId === session.user.id) tell()
        }
        const unlisten = [
          approvals.onChange(ifMine(calls)),
          identity.agents.onChange(ifMine(agents)),
          calls.stop,
          agents.stop,
        ]
        close = () => {
          if (!mine.delete(close)) return
          for (const each of unlisten) each()
          unschedule()
          signal.removeEventListener('abort', close)
          controller.close()
        }
        mine.add(close)
        signal.addEventListener('abort', close, { once: true })
        keepAlive()
      },
      cancel: () => close(),
    })
    return primeEventStream(
      new Response(body, { headers: { 'content-type': 'text/event-stream', 'cache-control': 'no-store' } }),
    )
  }

  return {
    stream,
    closeAll() {
      for (const streams of open.values()) for (const close of [...streams]) close()
    },
  }
}
