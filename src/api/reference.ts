import type { JsonSchema, OpenApi, OpenApiOperation, OpenApiResponse } from './openapi.ts'

/** The description as a page shows it. */
export interface Reference {
  groups: { name: string; lead: string; operations: ReferenceOperation[]; always: ReferenceAnswer[] }[]
  shapes: { name: string; fields: ReferenceField[] }[]
}

export interface ReferenceOperation {
  id: string
  method: string
  path: string
  summary: string
  description: string | null
  asks: (ReferenceField & { where: 'path' | 'query' | 'body' })[]
  answers: ReferenceAnswer[]
  example: string
}

export interface ReferenceAnswer {
  status: string
  description: string
  type: TypeWords | null
}

export interface ReferenceField {
  name: string
  type: TypeWords
  required: boolean
  description: string | null
}

/** In words; `shapes` are the named ones among them. */
export interface TypeWords {
  text: string
  shapes: string[]
}

const SHAPES = '#/components/schemas/'
const RESPONSES = '#/components/responses/'

export function referenceOf({ tags, paths, components, servers }: OpenApi): Reference {
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method: method.toUpperCase(), operation })),
  )
  const origin = servers[0]?.url ?? ''
  return {
    groups: tags.map(({ name, description }) => {
      const mine = operations.filter(({ operation }) => operation.tags.includes(name))
      const shared = mine.flatMap(({ operation: { responses } }) =>
        Object.entries(responses).flatMap(([status, answer]) => {
          const named = '$ref' in answer ? components.responses[answer.$ref.slice(RESPONSES.length)] : undefined
          return named ? [answerOf(status, named)] : []
        }),
      )
      return {
        name,
        lead: description,
        operations: mine.map(({ path, method, operation }) => present(origin, path, method, operation)),
        always: [...new Map(shared.map((answer) => [answer.status, answer])).values()].sort((a, b) =>
          a.status < b.status ? -1 : 1,
        ),
      }
    }),
    shapes: Object.entries(components.schemas)
      .map(([name, schema]) => ({ name, fields: fieldsOf(schema) }))
      .sort((a, b) => (a.name < b.name ? -1 : 1)),
  }
}

function present(origin: string, path: string, method: string, operation: OpenApiOperation): ReferenceOperation {
  const { operationId, summary, description = null, parameters, requestBody, responses } = operation
  const body = requestBody ? fieldsOf(requestBody.content['application/json'].schema) : []
  return {
    id: operationId,
    method,
    path,
    summary,
    description,
    asks: [
      ...parameters.map((parameter) => ({
        name: parameter.name,
        where: parameter.in,
        type: typeWords(parameter.schema),
        required: parameter.required,
        description: parameter.description ?? null,
      })),
      ...body.map((field) => ({ ...field, where: 'body' as const })),
    ],
    answers: Object.entries(responses).flatMap(([status, answer]) =>
      '$ref' in answer ? [] : [answerOf(status, answer)],
    ),
    example: example(origin, path, method, operation, body),
  }
}

const answerOf = (status: string, { description, content }: OpenApiResponse): ReferenceAnswer => ({
  status,
  description,
  type: content ? typeWords(content['application/json'].schema) : null,
})

function fieldsOf(schema: JsonSchema): ReferenceField[] {
  const required = new Set((schema.required ?? []) as string[])
  return Object.entries((schema.properties ?? {}) as { [name: string]: JsonSchema }).map(([name, property]) => ({
    name,
    type: typeWords(property),
    required: required.has(name),
    description: typeof property.description === 'string' ? property.description : null,
  }))
}

/** A schema in a few words, as "list of Tool" or "text, or null". */
function typeWords(schema: JsonSchema): TypeWords {
  const { $ref, anyOf, items, type, enum: values, const: only } = schema
  if (typeof $ref === 'string') {
    const name = $ref.slice(SHAPES.length)
    return { text: name, shapes: [name] }
  }
  if (Array.isArray(anyOf)) return joined(anyOf.map(typeWords), ', or ')
  if (Array.isArray(values)) return { text: values.join(' | '), shapes: [] }
  if (only !== undefined) return { text: String(only), shapes: [] }
  if (Array.isArray(type)) return { text: type.map((each) => WORDS[String(each)]).join(', or '), shapes: [] }
  if (type === 'array') {
    const of = typeWords((items ?? {}) as JsonSchema)
    return { ...of, text: `list of ${of.text}` }
  }
  if (type === 'object' && schema.properties) {
    const fields = fieldsOf(schema)
    const inner = joined(
      fields.map((field) => field.type),
      ', ',
    )
    return { text: `{ ${fields.map(({ name }) => name).join(', ')} }`, shapes: inner.shapes }
  }
  return { text: WORDS[String(type)] ?? 'anything', shapes: [] }
}

const WORDS: { [type: string]: string } = {
  string: 'text',
  integer: 'integer',
  number: 'number',
  boolean: 'true | false',
  object: 'object',
  null: 'null',
}

const joined = (all: TypeWords[], between: string): TypeWords => ({
  text: all.map(({ text }) => text).join(between),
  shapes: [...new Set(all.flatMap(({ shapes }) => shapes))],
})

function example(
  origin: string,
  path: string,
  method: string,
  { security, requestBody }: OpenApiOperation,
  body: readonly ReferenceField[],
): string {
  const isForAgents = security.some((each) => 'apiKey' in each)
  const credential = isForAgents ? 'X-API-Key: $AGENTPORT_API_KEY' : 'Authorization: Bearer $AGENTPORT_TOKEN'
  // Braces mean something to curl.
  const url = origin + path.replaceAll(/\{(\w+)\}/g, (_, name: string) => name.toUpperCase())
  const sent = Object.fromEntries(body.filter(({ required }) => required).map(({ name }) => [name, '…']))
  return [
    `curl${method === 'GET' ? '' : ` -X ${method}`} ${url}`,
    `-H "${credential}"`,
    ...(requestBody ? ["-H 'Content-Type: application/json'", `-d '${JSON.stringify(sent)}'`] : []),
  ].join(' \\\n  ')
}
