import type { z } from 'zod'
import { AppError } from '../lib/errors.ts'
import { patientJson } from '../lib/held-answer.ts'
import { readJsonBody } from '../lib/json-body.ts'
import { type Logger, logFault } from '../lib/logger.ts'
import type { RequestBodies } from '../lib/request-body.ts'
import type { Method, Operation, Reply, Sent } from './operation.ts'
import type { Misfit, Refusals } from './refusals.ts'

/** A route of this room. Who asks, and whether they may come in, is the guard's to say. */
export interface ApiRoute<Who> {
  method: Method
  path: string
  /**
   * @param gone aborted when the client has hung up, or whoever asks is no more.
   * @returns null when they are no more by the time that the request has arrived whole.
   */
  answer(request: Request, params: Record<string, string>, who: Who, gone: AbortSignal): Promise<Response | null>
}

/** The routes that one kind of caller has, and how it is told no. */
export interface ApiDoor<Who> {
  routes: ApiRoute<Who>[]
  refuse(status: number, message: string, headers?: Record<string, string>): Response
}

const HEADERS = { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' }

export function createDoor<Who>(
  operations: readonly Operation<Who>[],
  refusals: Refusals,
  {
    bodies,
    logger,
    ownerOf,
    current,
  }: {
    bodies: RequestBodies
    logger: Logger
    ownerOf(who: Who): string
    /** As they stand now; null when they are no more. */
    current(who: Who): Who | null
  },
): ApiDoor<Who> {
  const refuse: ApiDoor<Who>['refuse'] = (status, message, headers) =>
    Response.json(refusals.refuse(status, message), { status, headers: { ...HEADERS, ...headers } })

  async function answer(
    operation: Operation<Who>,
    request: Request,
    params: Record<string, string>,
    from: Who,
    gone: AbortSignal,
  ): Promise<Response | null> {
    try {
      const sent = await read(operation, request, params, ownerOf(from))
      // A body may take half a minute to arrive, and a revocation or a limit in the meantime holds already.
      const who = current(from)
      if (!who) return null
      if (!('misfits' in sent)) return await send(await operation.handle(who, { ...sent, signal: gone }), gone)
      const { misfits } = sent
      return Response.json(refusals.refuse(422, 'The request does not fit.', misfits), {
        status: 422,
        headers: HEADERS,
      })
    } catch (error) {
      if (!(error instanceof AppError)) throw error
      // The rest of the body is nothing to wait for.
      return refuse(error.status, error.message, error.code === 'too_slow' ? { connection: 'close' } : {})
    }
  }

  async function read(
    { query, body, bodyOptional = false }: Operation<Who>,
    request: Request,
    params: Record<string, string>,
    owner: string,
  ): Promise<Omit<Sent, 'signal'> | { misfits: Misfit[] }> {
    const misfits: Misfit[] = []
    const check = (schema: z.ZodObject | undefined, where: Misfit['in'], value: unknown): unknown => {
      const parsed = schema?.safeParse(value)
      if (parsed?.success === false) {
        for (const { code, path, message } of parsed.error.issues)
          misfits.push({
            in: where,
            type: code,
            path: path.map((key) => (typeof key === 'symbol' ? '' : key)),
            message,
          })
      }
      return parsed?.data
    }
    const asked = check(query, 'query', Object.fromEntries(new URL(request.url).searchParams))
    const json = body ? await readJsonBody(bodies, request, owner) : 'empty'
    const isOther = json !== 'empty' && !isJson(request.headers.get('content-type'))
    if (isOther) misfits.push({ in: 'body', type: 'not_json', path: [], message: 'Send the body as application/json.' })
    else if (json === 'not_json')
      misfits.push({ in: 'body', type: 'not_json', path: [], message: 'The body is not JSON in UTF-8.' })
    const exact = typeof json === 'string' ? { value: null, inexact: [] } : json
    const isLeftOut = bodyOptional && exact.value === null
    const given = misfits.length > 0 ? undefined : check(body, 'body', isLeftOut ? {} : exact.value)
    if (misfits.length > 0) return { misfits }
    return {
      params,
      query: asked,
      body: given,
      raw: exact.value,
      inexactNumbers: exact.inexact,
    }
  }

  async function send({ status, body, later, onGone = () => {} }: Reply, gone: AbortSignal): Promise<Response> {
    if (later) {
      const onCut = (error: unknown) => void logFault(logger, error, { what: 'an answer that had begun' })
      return patientJson(
        // Who is no more is told nothing more; who hung up hears nothing anyway.
        later.then((late) => (gone.aborted ? null : JSON.stringify(late))),
        { onGone, onCut },
      )
    }
    return body === undefined
      ? new Response(null, { status, headers: HEADERS })
      : Response.json(body, { status, headers: HEADERS })
  }

  return {
    routes: operations.map((operation) => ({
      method: operation.method,
      path: operation.path.replaceAll(/\{(\w+)\}/g, ':$1'),
      answer: (request, params, who, gone) => answer(operation, request, params, who, gone),
    })),
    refuse,
  }
}

/** Left out, it is taken for JSON; a form or a plain text, which any web page can send, is not. */
const isJson = (type: string | null): boolean =>
  type === null || /^application\/(?:[\w.+-]+\+)?json\s*(;|$)/i.test(type)
