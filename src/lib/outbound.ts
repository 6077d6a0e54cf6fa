/**
 * The one way out: every request to another machine goes through here, and nothing else calls the global fetch.
 * It resolves the name itself, vets each address, dials the vetted address and not the name, and follows no redirect,
 * so neither DNS rebinding nor a Location header nor an ambient proxy can lead it somewhere a person has not allowed.
 */
import { isIP } from 'node:net'
import { addressKind } from './addresses.ts'
import { errorText } from './errors.ts'

export interface OutboundLimits {
  /** `host:port` that a person opened although its address is not public; metadata addresses stay closed. */
  allowedPrivate: string | null
  /** Answers longer than this are cut off with an error; of a stream of events, which may live long, each event counts alone. */
  maxBytes: number
}

export type OutboundFetch = (url: string | URL, init: RequestInit, limits: OutboundLimits) => Promise<Response>

export type Resolve = (host: string) => Promise<string[]>

/** Nothing was sent: the request certainly had no effect. The message is safe to show. */
export class NotSent extends Error {
  constructor(
    message: string,
    readonly reason: 'refused_address' | 'no_such_host' | 'unreachable' | 'tls',
  ) {
    super(message)
  }
}

/** An answer longer than allowed; whatever was asked has already been done. */
export class AnswerTooLarge extends Error {}

const resolveBySystem: Resolve = async (host) => (await Bun.dns.lookup(host, {})).map((record) => record.address)

/** Bun lets these divert even a request to a literal address, so they are dropped for the whole process. */
const PROXY_VARIABLES = ['HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY', 'http_proxy', 'https_proxy', 'all_proxy']

/** Errors that say the connection was never made, or its TLS never finished: the request itself was not written. */
const NEVER_CONNECTED = new Set([
  'ConnectionRefused',
  'ECONNREFUSED',
  'FailedToOpenSocket',
  'EHOSTUNREACH',
  'ENETUNREACH',
])
const TLS_FAILED = /^(ERR_TLS|CERT_|UNABLE_TO_|DEPTH_ZERO|SELF_SIGNED|ERR_SSL)/

const REPEATED_BY_BUN = new Set(['PUT', 'DELETE'])

export function createOutbound({ resolve = resolveBySystem }: { resolve?: Resolve } = {}): OutboundFetch {
  for (const name of PROXY_VARIABLES) delete process.env[name]

  return async (target, init, limits) => {
    const url = new URL(target)
    const addresses = await vettedAddresses(url, limits.allowedPrivate, resolve)
    let unreachable: unknown
    for (const address of addresses) {
      try {
        const response = await dial(url, address, init)
        return limitBody(response, limits.maxBytes)
      } catch (error) {
        const reason = neverSent(error)
        if (reason === 'tls')
          throw new NotSent(`The certificate of ${url.host} is not valid: ${errorText(error)}`, 'tls')
        // Another address of the same name may answer, as when a server listens on IPv4 only.
        if (reason !== 'unreachable') throw error
        unreachable = error
      }
    }
    throw new NotSent(`${url.host} cannot be reached: ${errorText(unreachable)}`, 'unreachable')
  }
}

/** `host:port` as a person opens it, with the port written out. */
export function hostAndPort(url: URL): string {
  return `${url.hostname}:${url.port || (url.protocol === 'https:' ? '443' : '80')}`
}

async function vettedAddresses(url: URL, allowedPrivate: string | null, resolve: Resolve): Promise<string[]> {
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new NotSent(`${url.protocol} is not an address that can be called; use https:`, 'refused_address')
  }
  // The URL parser has already turned decimal, octal and hexadecimal spellings into the plain one.
  const host = hostOf(url)
  const found = isIP(host) ? [host] : await lookUp(host, resolve)
  const mayBePrivate = allowedPrivate === hostAndPort(url)
  const vetted = found.filter((address) => {
    const kind = addressKind(address)
    return kind === 'public' || (kind === 'private' && mayBePrivate)
  })
  if (vetted.length === 0) {
    const why = mayBePrivate
      ? 'leads to a metadata service, which no setting opens'
      : 'is not a public address, and nobody has allowed it'
    throw new NotSent(`${hostAndPort(url)} ${why}.`, 'refused_address')
  }
  return vetted
}

const hostOf = (url: URL): string => url.hostname.replace(/^\[|\]$/g, '')

async function lookUp(host: string, resolve: Resolve): Promise<string[]> {
  const found = await resolve(host).catch(() => [])
  if (found.length === 0) throw new NotSent(`The name ${host} cannot be found.`, 'no_such_host')
  return found
}

function dial(url: URL, address: string, init: RequestInit): Promise<Response> {
  const literal = isIP(hostOf(url)) !== 0
  const dialled = literal ? url : new URL(url)
  const headers = new Headers(init.headers)
  if (!literal) {
    dialled.hostname = isIP(address) === 6 ? `[${address}]` : address
    headers.set('Host', url.host)
  }
  return fetch(dialled, {
    ...init,
    headers,
    redirect: 'manual',
    // When a connection in use drops, Bun sends these once more by itself; over a connection of their own it cannot.
    ...(REPEATED_BY_BUN.has(init.method?.toUpperCase() ?? 'GET') ? { keepalive: false } : {}),
    ...(url.protocol === 'https:' && !literal ? { tls: { serverName: url.hostname } } : {}),
  } as RequestInit)
}

function neverSent(error: unknown): 'unreachable' | 'tls' | null {
  const code = (error as { code?: unknown }).code
  if (typeof code !== 'string') return null
  if (NEVER_CONNECTED.has(code)) return 'unreachable'
  return TLS_FAILED.test(code) ? 'tls' : null
}

/** A declared length is checked at once and costs nothing; an undeclared one is counted as it comes. */
function limitBody(response: Response, maxBytes: number): Response {
  const tooLarge = () => new AnswerTooLarge(`The answer is longer than ${maxBytes} bytes.`)
  const declared = response.headers.get('content-length')
  if (declared !== null) {
    if (Number(declared) > maxBytes) {
      void response.body?.cancel().catch(() => {})
      throw tooLarge()
    }
    // Of a packed answer the declared length is that of the package: a few kilobytes can unpack to gigabytes.
    if (!response.headers.has('content-encoding')) return response
  }
  if (!response.body) return response
  const isEventStream = response.headers.get('content-type')?.startsWith('text/event-stream') === true
  let seen = 0
  const counted = response.body.pipeThrough(
    new TransformStream<Uint8Array, Uint8Array>({
      transform(chunk, controller) {
        seen = isEventStream && endsEvent(chunk) ? 0 : seen + chunk.byteLength
        if (seen > maxBytes) controller.error(tooLarge())
        else controller.enqueue(chunk)
      },
    }),
  )
  return new Response(counted, { status: response.status, statusText: response.statusText, headers: response.headers })
}

const BLANK_LINE = /\n\r?\n/

/** Whether an event ends in this piece of the stream; one that straddles two pieces ends the count a little later. */
const endsEvent = (chunk: Uint8Array): boolean =>
  BLANK_LINE.test(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength).toString('latin1'))
