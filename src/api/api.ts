/**
 * Owns what scripts speak to: the paths and shapes of the original AgentPort for agents, the operations for people's own scripts, and
 * the description of both.
 * Promises that what is described is what is checked and answered, and that a call takes the same road as one that comes by /mcp.
 * Deliberately resolves no credential: the guard in front names who asks.
 */
import type { Caller } from '../calls/calls.ts'
import type { TokenHolder } from '../identity/identity.ts'
import type { Logger } from '../lib/logger.ts'
import type { RequestBodies } from '../lib/request-body.ts'
import type { AgentRooms } from './agents/agent-operations.ts'
import { installedOperations } from './agents/installed.ts'
import { integrationOperations } from './agents/integrations.ts'
import { toolOperations } from './agents/tools.ts'
import { whoamiOperation } from './agents/whoami.ts'
import { type ApiDoor, createDoor } from './door.ts'
import { createLost, LOST_PATHS } from './lost.ts'
import { describeApi, type OpenApi } from './openapi.ts'
import type { Operation } from './operation.ts'
import { agentOperations } from './people/agents.ts'
import { connectionOperations } from './people/connections.ts'
import { logOperations } from './people/log.ts'
import { meOperation } from './people/me.ts'
import type { PeopleRooms } from './people/people-operations.ts'
import { policyOperations } from './people/policies.ts'
import { settingsOperation } from './people/settings.ts'
import { type Reference, referenceOf } from './reference.ts'
import { forAgents, forPeople } from './refusals.ts'

export type { ApiDoor, ApiRoute } from './door.ts'
export type { OpenApi, OpenApiOperation, OpenApiResponse } from './openapi.ts'

export interface Api {
  /** With an agent's key. */
  agents: ApiDoor<Caller>
  /** With a person's own token. */
  people: ApiDoor<TokenHolder>
  /** The description as a page shows it. */
  reference(): Reference
  /** For anybody. */
  descriptionRoute: { method: 'GET'; path: string; handle(): Promise<Response> }
  /** For whoever asks for what is not there. */
  lost: { method: string; path: string }[]
  answerLost(request: Request): Response
}

export function createApi(deps: AgentRooms & PeopleRooms & { logger: Logger; bodies: RequestBodies }): Api {
  const forKeys: Operation<Caller>[] = [
    ...integrationOperations(deps),
    ...installedOperations(deps),
    ...toolOperations(deps),
    whoamiOperation(deps),
  ]
  const forTokens: Operation<TokenHolder>[] = [
    meOperation(deps),
    ...connectionOperations(deps),
    ...policyOperations(deps),
    ...agentOperations(deps),
    ...logOperations(deps),
    settingsOperation(deps),
  ]
  const { logger, bodies, identity } = deps
  // Made when somebody asks for it.
  const description = once(() => describe(deps.origin, forKeys, forTokens))
  return {
    agents: createDoor(forKeys, forAgents, {
      logger,
      bodies,
      ownerOf: ({ principal }) => principal.id,
      current(caller) {
        const principal = identity.agents.current(caller.principal)
        return principal && { ...caller, principal }
      },
    }),
    people: createDoor(forTokens, forPeople, {
      logger,
      bodies,
      ownerOf: ({ id }) => id,
      current: (holder) => (identity.personalTokens.isLive(holder.id) ? holder : null),
    }),
    reference: once(() => referenceOf(description())),
    descriptionRoute: {
      method: 'GET',
      path: '/api/openapi.json',
      handle: async () => Response.json(description(), { headers: { 'cache-control': 'public, max-age=300' } }),
    },
    lost: [...LOST_PATHS],
    answerLost: createLost([...forKeys, ...forTokens]),
  }
}

function once<T>(make: () => T): () => T {
  let made: { value: T } | null = null
  return () => {
    made ??= { value: make() }
    return made.value
  }
}

const describe = (
  origin: string,
  forKeys: readonly Operation<Caller>[],
  forTokens: readonly Operation<TokenHolder>[],
): OpenApi =>
  describeApi(origin, [
    {
      name: 'For agents',
      description:
        'With an API key. The paths and shapes are those of the original AgentPort, so that scripts written for it work by changing the URL.',
      operations: forKeys,
      refusals: forAgents,
      security: ['apiKey', 'apiKeyAsBearer'],
    },
    {
      name: 'For your own scripts',
      description:
        'With a personal token, made on the page Settings. It reads what the pages show or, if it may tighten, takes away what agents may do. It never approves, never allows, and is no credential anywhere else.',
      operations: forTokens,
      refusals: forPeople,
      security: ['personalToken'],
    },
  ])
