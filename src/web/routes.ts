import type { Provenance, Session } from '../identity/identity.ts'

/** What a route reads. Bodies are read by the guard, once. */
export interface OpenRequest {
  request: Request
  url: URL
  params: Record<string, string>
  form: URLSearchParams
  from: Provenance
}

export interface HumanRequest extends OpenRequest {
  session: Session
}

/** One line of the router's contents page; its guard goes by the list it stands in. */
export interface Route<R> {
  method: 'GET' | 'POST'
  path: string
  handle(request: R): Promise<Response>
  /** What a form is about to do, for the page that asks for the password again. */
  says?(request: R): string
  /** Where somebody goes who has to sign in first; else to the page they asked for. */
  leadsBackTo?: string
}

/** A path parameter; the router has matched it, so it is there. */
export function param(request: OpenRequest, name: string): string {
  const value = request.params[name]
  if (value === undefined) throw new Error(`The route of ${request.url.pathname} has no parameter ${name}`)
  return value
}
