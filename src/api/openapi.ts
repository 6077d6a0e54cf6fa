import { z } from 'zod'
import { VERSION } from '../lib/version.ts'
import type { Documented, Operation } from './operation.ts'
import type { Refusals } from './refusals.ts'

/** Operations that one kind of caller has. */
export interface Group {
  name: string
  description: string
  operations: readonly Operation<never>[]
  refusals: Refusals
  /** Names of security schemes, any of which is enough. */
  security: readonly string[]
}

export type JsonSchema = { [key: string]: unknown }

export interface OpenApi {
  openapi: string
  info: object
  servers: { url: string }[]
  tags: { name: string; description: string }[]
  paths: { [path: string]: { [method: string]: OpenApiOperation } }
  components: {
    schemas: { [name: string]: JsonSchema }
    responses: { [name: string]: OpenApiResponse }
    securitySchemes: object
  }
}

export interface OpenApiOperation {
  operationId: string
  tags: string[]
  summary: string
  description?: string
  security: object[]
  parameters: { name: string; in: 'path' | 'query'; required: boolean; description?: string; schema: JsonSchema }[]
  requestBody?: { required: boolean; content: Content }
  responses: { [status: string]: OpenApiResponse | { $ref: string } }
}

export interface OpenApiResponse {
  description: string
  content?: Content
}

type Content = { 'application/json': { schema: JsonSchema } }

const SECURITY_SCHEMES = {
  apiKey: { type: 'apiKey', in: 'header', name: 'X-API-Key', description: "An agent's key" },
  apiKeyAsBearer: { type: 'http', scheme: 'bearer', description: 'The same key as a Bearer token' },
  personalToken: {
    type: 'http',
    scheme: 'bearer',
    description: "A person's own token, made on the page Settings. It reads or tightens, and never approves or allows",
  },
}

/** The description of the whole, from the very schemas that check what is sent and type what is answered. */
export function describeApi(origin: string, groups: readonly Group[]): OpenApi {
  const schemas: OpenApi['components']['schemas'] = {}
  const responses: OpenApi['components']['responses'] = {}

  /** Named schemas go to the components, whoever uses them. */
  function schemaOf(schema: z.ZodType, io: 'input' | 'output'): JsonSchema {
    const text = JSON.stringify(z.toJSONSchema(schema, { io, override })).replaceAll(
      '"#/$defs/',
      '"#/components/schemas/',
    )
    const { $schema: _, $defs, ...rest } = JSON.parse(text) as JsonSchema & { $defs?: typeof schemas }
    for (const [name, { id: __, ...definition }] of Object.entries($defs ?? {})) schemas[name] = definition
    return rest
  }

  const content = (schema: JsonSchema): Content => ({ 'application/json': { schema } })

  function describe({ name, refusals, security }: Group, operation: Operation<never>): OpenApiOperation {
    const { id, summary, description, params = {}, query, body, bodyOptional = false } = operation
    const asked = query ? schemaOf(query, 'input') : {}
    const required = new Set(asked.required as string[] | undefined)
    return {
      operationId: id,
      tags: [name],
      summary,
      ...(description === undefined ? {} : { description }),
      security: security.map((scheme) => ({ [scheme]: [] })),
      parameters: [
        ...Object.entries(params).map(([param, what]) => ({
          name: param,
          in: 'path' as const,
          required: true,
          description: what,
          schema: { type: 'string' },
        })),
        ...Object.entries((asked.properties ?? {}) as { [name: string]: JsonSchema }).map(
          ([param, { description: what, ...schema }]) => ({
            name: param,
            in: 'query' as const,
            required: required.has(param),
            ...(typeof what === 'string' ? { description: what } : {}),
            schema,
          }),
        ),
      ],
      ...(body ? { requestBody: { required: !bodyOptional, content: content(schemaOf(body, 'input')) } } : {}),
      responses: Object.fromEntries(
        everyAnswer(operation, refusals).map(({ status, own, ofGuard }) => [
          status,
          own ? respond([own, ...(ofGuard ? [ofGuard] : [])]) : shared(refusals, status, ofGuard),
        ]),
      ),
    }
  }

  /** What the guard answers whatever was asked for is described once. */
  function shared({ name }: Refusals, status: number, answer: Documented | undefined): { $ref: string } {
    const key = `${name}${status}`
    if (answer) responses[key] = respond([answer])
    return { $ref: `#/components/responses/${key}` }
  }

  function respond(answers: readonly Documented[]): OpenApiResponse {
    const bodies = answers.flatMap((answer) => (answer.body ? choicesOf(schemaOf(answer.body, 'output')) : []))
    const different = [...new Map(bodies.map((each) => [JSON.stringify(each), each])).values()]
    const [only] = different
    const description = answers.map((answer) => answer.description).join(', or: ')
    if (!only) return { description }
    return { description, content: content(different.length === 1 ? only : { anyOf: different }) }
  }

  const paths: OpenApi['paths'] = {}
  for (const group of groups) {
    for (const operation of group.operations) {
      const path = paths[operation.path] ?? {}
      path[operation.method.toLowerCase()] = describe(group, operation)
      paths[operation.path] = path
    }
  }
  return {
    openapi: '3.1.1',
    info: {
      title: 'AgentPort',
      version: VERSION,
      description:
        'Agents call tools of their owner’s accounts, under the owner’s policy. The same goes by MCP at /mcp, with access tokens of OAuth too, which are not taken here. Times are ISO 8601 in UTC.',
    },
    servers: [{ url: origin }],
    tags: groups.map(({ name, description }) => ({ name, description })),
    paths,
    components: { schemas, responses, securitySchemes: SECURITY_SCHEMES },
  }
}

const choicesOf = (schema: JsonSchema): JsonSchema[] =>
  Array.isArray(schema.anyOf) && Object.keys(schema).length === 1 ? (schema.anyOf as JsonSchema[]) : [schema]

/** Says nothing twice. */
function override({ jsonSchema }: { jsonSchema: JsonSchema }): void {
  // All keys of an object are text.
  delete jsonSchema.propertyNames
}

/** What an operation answers, and what the guard in front of all of them does. */
function everyAnswer(
  { answers, body, query }: Operation<never>,
  { schema }: Refusals,
): { status: number; own: Documented | undefined; ofGuard: Documented | undefined }[] {
  const refused = (description: string): Documented => ({ description, body: schema })
  const ofGuard: { [status: number]: Documented } = {
    400: refused('Two different credentials'),
    401: refused('No valid credential of the kind that is taken here'),
    403: refused('From a page of another origin'),
    421: refused('Under a Host that is not ours'),
    429: refused('Too many at once'),
    500: refused('A fault of ours, with its number in our log'),
    ...(body ? { 408: refused('The body took too long'), 413: refused('The body is too large') } : {}),
    ...(body || query ? { 422: refused('The request does not fit') } : {}),
  }
  const statuses = [...new Set([...Object.keys(answers), ...Object.keys(ofGuard)])].map(Number).sort((a, b) => a - b)
  return statuses.map((status) => ({ status, own: answers[status], ofGuard: ofGuard[status] }))
}
