import type { Operation } from './operation.ts'
import { forAgents, forPeople } from './refusals.ts'

/** What the original AgentPort has for people alone, and what only pages do here. No credential opens any of it. */
const FOR_PEOPLE = new RegExp(
  `^/api/(?:${[
    '(?:logs|api-keys|org-settings|tool-settings|admin|billing|integrations/custom|integrations/custom-api)(?:/.*)?',
    'tool-approvals/requests(?:/[^/]+(?:/(?:approve-once|allow-tool|deny))?)?',
  ].join('|')})/?$`,
)

/** Paths that would else be taken for an integration of that name. */
export const LOST_PATHS = [
  { method: 'GET', path: '/api/integrations/custom' },
  { method: 'GET', path: '/api/integrations/custom-api' },
  { method: 'ALL', path: '/api' },
  { method: 'ALL', path: '/api/*' },
] as const

/** Answers for what no operation is: which would it be, and why is it not. Tells nothing that the description does not. */
export function createLost(
  operations: readonly Pick<Operation<never>, 'method' | 'path'>[],
): (request: Request) => Response {
  const known = operations.map(({ method, path }) => ({
    method,
    pattern: new RegExp(`^${path.replaceAll(/\{\w+\}/g, '[^/]+')}/?$`),
  }))
  return (request) => {
    const { pathname } = new URL(request.url)
    const { refuse } = pathname.startsWith('/api/human') ? forPeople : forAgents
    const say = (status: number, message: string, headers: Record<string, string> = {}) =>
      Response.json(refuse(status, message), { status, headers: { 'cache-control': 'no-store', ...headers } })
    if (FOR_PEOPLE.test(pathname)) {
      const message =
        'That is for people, on the pages of AgentPort. Their own scripts read and tighten under /api/human with a personal token.'
      return say(401, message, { 'www-authenticate': 'Bearer' })
    }
    const methods = known.filter(({ pattern }) => pattern.test(pathname)).map(({ method }) => method)
    if (methods.length > 0) return say(405, `This path takes ${methods.join(' and ')}.`, { allow: methods.join(', ') })
    return say(404, 'There is no such path. GET /api/openapi.json describes what there is.')
  }
}
