import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { AjvJsonSchemaValidator } from '@modelcontextprotocol/client/validators/ajv'
import { Random } from '../../scripts/crash/random.ts'
import type { OpenApi, OpenApiOperation, OpenApiResponse } from '../../src/api/api.ts'
import type { JsonObject, JsonValue } from '../../src/lib/json.ts'
import { VERSION } from '../../src/lib/version.ts'
import { type App, startApp } from '../harness/app.ts'
import { FarEnd } from '../harness/far-end.ts'
import { Script, type ScriptAnswer } from '../harness/script.ts'
import { misfitsOf, sampleOf } from './json-sample.ts'

let app: App
let description: OpenApi
let agent: Script
let human: Script
const ids: { [parameter: string]: string[] } = {}
const random = new Random(crypto.getRandomValues(new Uint32Array(1))[0] ?? 1)
const far = new FarEnd([{ name: 'allowed' }, { name: 'asks' }, { name: 'denied' }, { name: 'breaks' }])

beforeAll(async () => {
  far.start()
  far.act = ({ name }) =>
    name === 'breaks'
      ? new Response(null, { status: 500 })
      : { content: [{ type: 'text', text: 'done' }, 7], structuredContent: { a: null } }
  app = await startApp()
  await app.install('bank', far.url)
  await app.installWithToken('waits', far.url, null)
  await app.setPolicy('bank', 'allowed', 'allow')
  await app.setPolicy('bank', 'breaks', 'allow')
  await app.setPolicy('bank', 'denied', 'deny')
  const key = await app.newKey()
  agent = Script.withKey(app.origin, key.key)
  const { personalTokens } = app.rooms.identity
  const made = await personalTokens.create(app.userId, { name: 'run', scope: 'tighten', lifetimeMs: 3_600_000 })
  human = Script.withToken(app.origin, made.token)
  description = (await (await fetch(`${app.origin}/api/openapi.json`)).json()) as OpenApi

  const person = await app.person()
  const ask = async (n: number) => (await agent.call('bank', 'asks', { n })).body.approval_request_id as string
  const [ran, denied, approved] = [await ask(1), await ask(2), await ask(3)]
  await person.decide(ran, 'once')
  await person.decide(denied, 'deny', 'no')
  await person.decide(approved, 'once')
  await agent.call('bank', 'asks', { n: 1 })
  ids.integration_id = ['bank', 'bank', 'bank', 'waits', 'github']
  ids.connection_id = ['bank', 'bank', 'waits']
  ids.approval_request_id = [ran, denied, approved]
  ids.id = [ran, denied, approved]
  ids.agent_id = [key.id]
})
afterAll(async () => {
  await app.stop()
  await far.stop()
})

const NONSENSE = ['nope', '%00', '%F0%9F%98%80', '%2e%2e%2fmcp', '__proto__', 'x'.repeat(2_000), '%', '%zz']

interface Described {
  path: string
  method: string
  operation: OpenApiOperation
}
const operations = (): Described[] =>
  Object.entries(description.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method: method.toUpperCase(), operation })),
  )
const isForAgents = ({ operation }: Described) => operation.security.some((scheme) => 'apiKey' in scheme)

function responseOf({ operation }: Described, status: number): OpenApiResponse | undefined {
  const response = operation.responses[status]
  if (!response || !('$ref' in response)) return response
  return description.components.responses[response.$ref.replace('#/components/responses/', '')]
}

const validators = new Map<string, (value: unknown) => { valid: boolean; errorMessage?: string | undefined }>()
function misfit(schema: object, value: unknown): string | null {
  const text = JSON.stringify(schema)
  let validate = validators.get(text)
  if (!validate) {
    validate = new AjvJsonSchemaValidator().getValidator({ ...schema, components: description.components } as never)
    validators.set(text, validate)
  }
  const verdict = validate(value)
  return verdict.valid ? null : (verdict.errorMessage ?? 'does not fit')
}

const seen = new Map<string, Set<number>>()
/** Sends it, and holds the answer to what is said of it. */
async function send(
  described: Described,
  url: string,
  body: JsonValue | undefined,
  raw?: string,
): Promise<ScriptAnswer> {
  const { method, operation } = described
  const script = isForAgents(described) ? agent : human
  const answer = await script.send(method, url, raw ?? body)
  const where = `${method} ${url.slice(0, 200)} ${JSON.stringify(raw ?? body)?.slice(0, 300)} (seed ${random.seed})`
  const response = responseOf(described, answer.status)
  expect(response === undefined ? `${answer.status} is not described: ${where}` : null).toBeNull()
  expect(answer.status, where).toBeLessThan(500 + (answer.status === 502 ? 3 : 0))
  const schema = response?.content?.['application/json'].schema
  if (!schema) expect([where, answer.body]).toEqual([where, null])
  else expect([where, misfit(schema, answer.body)]).toEqual([where, null])
  const statuses = seen.get(operation.operationId) ?? new Set()
  seen.set(operation.operationId, statuses.add(answer.status))
  return answer
}

function urlOf({ path, operation }: Described, nonsense = 0.2): string {
  const filled = path.replace(/\{(\w+)\}/g, (_, name: string) =>
    random.chance(nonsense) ? random.pick(NONSENSE) : random.pick(ids[name] ?? NONSENSE),
  )
  const query = operation.parameters
    .filter((parameter) => parameter.in === 'query' && random.chance(0.4))
    .map(({ name, schema }) => `${name}=${encodeURIComponent(String(sampleOf(schema as JsonObject, random)))}`)
  // A cursor has to be one of ours, which no schema can say.
  const asked = query.filter((each) => !each.startsWith('cursor='))
  return asked.length > 0 ? `${filled}?${asked.join('&')}` : filled
}

const bodySchema = ({ operation }: Described) => operation.requestBody?.content['application/json'].schema as JsonObject
const TOOLS = ['allowed', 'allowed', 'asks', 'denied', 'breaks', 'nope']
const CATALOGUE = ['github', 'stripe', 'gmail', 'nope', 'bank']

/** What the schema allows and, where only sense can tell, mostly with sense. */
function bodyOf(described: Described): JsonObject {
  const { token, as, ...rest } = sampleOf(bodySchema(described), random) as JsonObject
  const body = random.chance(0.5) ? rest : { ...rest, ...(token && { token }), ...(as && { as }) }
  return {
    ...body,
    ...('tool_name' in body && random.chance(0.8) ? { tool_name: random.pick(TOOLS) } : {}),
    ...('integration_id' in body && random.chance(0.8) ? { integration_id: random.pick(CATALOGUE) } : {}),
    ...('auth_method' in body && random.chance(0.8) ? { auth_method: random.pick(['token', 'none', 'oauth']) } : {}),
  }
}

/** It ends what the others need. */
const isLast = ({ operation }: Described) => operation.operationId === 'revokeAgent'
const inOrder = () => operations().toSorted((a, b) => Number(isLast(a)) - Number(isLast(b)))

describe('the description', () => {
  test('is read by anybody, and is of OpenAPI 3.1', () => {
    expect(description.openapi).toBe('3.1.1')
    expect(description.info).toMatchObject({ title: 'AgentPort', version: VERSION })
    expect(description.servers).toEqual([{ url: app.origin }])
  })

  test('names every route that there is under /api, and no other', () => {
    const registered = app.serving.routes
      .filter(({ method, path }) => path.startsWith('/api/') && method !== 'ALL')
      .map(({ method, path }) => `${method} ${path.replace(/:(\w+)/g, '{$1}')}`)
      // Open to anybody, and what only people have.
      .filter((route) => !/^GET \/api\/(openapi\.json|docs|integrations\/custom(-api)?)$/.test(route))
    expect(
      operations()
        .map(({ method, path }) => `${method} ${path}`)
        .toSorted(),
    ).toEqual(registered.toSorted())
  })

  test('gives each operation a name of its own, and describes every parameter of its path', () => {
    const names = operations().map(({ operation }) => operation.operationId)
    expect(new Set(names).size).toBe(names.length)
    for (const { path, operation } of operations()) {
      const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name)
      const described = operation.parameters.filter((parameter) => parameter.in === 'path')
      expect([path, described.map(({ name }) => name)]).toEqual([path, inPath as string[]])
      for (const { description: words } of described) expect(words).toBeTruthy()
    }
  })

  test('points at nothing that is not there, and holds nothing that is not pointed at', () => {
    const text = JSON.stringify(description)
    const targets = new Set(
      [...text.matchAll(/"\$ref":"#\/components\/(\w+)\/([\w-]+)"/g)].map(([, kind, name]) => `${kind}/${name}`),
    )
    const { schemas, responses } = description.components
    const held = [
      ...Object.keys(schemas).map((name) => `schemas/${name}`),
      ...Object.keys(responses).map((name) => `responses/${name}`),
    ]
    expect([...targets].toSorted()).toEqual(held.toSorted())
    expect(text).not.toContain('$defs')
  })

  test('says of each operation which credential opens it', () => {
    const schemes = Object.keys((description.components as { securitySchemes: object }).securitySchemes)
    for (const { path, operation } of operations()) {
      const named = operation.security.flatMap((each) => Object.keys(each))
      expect(named).toEqual(path.startsWith('/api/human/') ? ['personalToken'] : ['apiKey', 'apiKeyAsBearer'])
      for (const name of named) expect(schemes).toContain(name)
    }
  })
})

describe('driven by the description alone', () => {
  test('what it allows is answered as it says, and each operation succeeds at least once', async () => {
    for (const described of inOrder()) {
      for (let round = 0; round < (isLast(described) ? 3 : 60); round++) {
        const hasBody = described.operation.requestBody !== undefined
        const url = urlOf(described, isLast(described) ? 0 : 0.2)
        await send(described, url, hasBody ? bodyOf(described) : undefined)
      }
    }
    const { agents } = app.rooms.identity
    const key = await agents.createKey(app.userId, 'again', 'operator')
    agent = Script.withKey(app.origin, key.key)
    for (const { operation } of operations()) {
      // What it asks for never comes by agents: the answer is always the link.
      const good = operation.operationId === 'updateInstalled' ? [422] : [200, 201, 204]
      const statuses = [...(seen.get(operation.operationId) ?? [])]
      // A person has to say yes first.
      if (operation.operationId === 'uninstall') expect(statuses).toContain(403)
      else
        expect([operation.operationId, statuses.some((each) => good.includes(each))]).toEqual([
          operation.operationId,
          true,
        ])
    }
  }, 60_000)

  test('a body that it does not allow is refused as it says, wherever it is wrong', async () => {
    for (const described of operations().filter(({ operation }) => operation.requestBody)) {
      const url = described.path.replace(/\{(\w+)\}/g, (_, name: string) => ids[name]?.[0] ?? 'x')
      const misfits = misfitsOf(bodySchema(described), bodyOf(described))
      expect(misfits.length).toBeGreaterThan(5)
      for (const { what, value } of misfits) {
        const { status } = await send(described, url, value)
        expect([url, what, status]).toEqual([url, what, 422])
      }
      for (const raw of ['{', '{"a":', 'nonsense', '\u0000', '[[[[', '"half', '{}}', '1e999x']) {
        const { status } = await send(described, url, undefined, raw)
        expect([url, raw, status]).toEqual([url, raw, 422])
      }
    }
  }, 60_000)

  test('a query that it does not allow is refused as it says', async () => {
    for (const described of operations()) {
      const path = described.path.replace(/\{(\w+)\}/g, (_, name: string) => ids[name]?.[0] ?? 'x')
      for (const parameter of described.operation.parameters.filter((each) => each.in === 'query')) {
        const { enum: values, type, maxLength, format } = parameter.schema
        const wrong = [
          ...(values ? ['none of them', ''] : []),
          ...(type === 'integer' ? ['x', '0', '-1', '1e9', '0.5', ''] : []),
          ...(format === 'date-time' ? ['yesterday', '2026-13-01T00:00:00Z', ''] : []),
          ...(typeof maxLength === 'number' ? ['x'.repeat(maxLength + 1)] : []),
        ]
        for (const value of wrong) {
          const { status } = await send(described, `${path}?${parameter.name}=${encodeURIComponent(value)}`, undefined)
          expect([path, parameter.name, value.slice(0, 20), status]).toEqual([
            path,
            parameter.name,
            value.slice(0, 20),
            422,
          ])
        }
      }
      // What it does not name is not looked at.
      if (described.method === 'GET')
        expect((await send(described, `${path}?nobody=asked`, undefined)).status).toBeLessThan(405)
    }
  }, 60_000)

  test('whatever an upstream server puts into its tools and results, the answers keep their shapes', async () => {
    const listTools = operations().find(({ operation }) => operation.operationId === 'listTools')
    const callTool = operations().find(({ operation }) => operation.operationId === 'callTool')
    if (!listTools || !callTool) throw new Error('not described')
    const hostile = {
      name: 'odd',
      title: 7,
      description: ['x'],
      outputSchema: 'none',
      annotations: 'destructive',
      integration_id: 'elsewhere',
      execution_mode: 'allow',
    }
    far.tools = [...far.tools, hostile as never]
    const connection = await app.rooms.upstreams.find(app.userId, 'bank')
    await app.rooms.upstreams.refresh(connection?.id ?? '', 'operator')
    const { body } = await send(listTools, '/api/tools', undefined)
    expect(body.find(({ name }: { name: string }) => name === 'odd')).toMatchObject({
      integration_id: 'bank',
      execution_mode: 'require_approval',
    })
    await app.setPolicy('bank', 'odd', 'allow')
    for (const result of [{}, { content: 'x' }, { content: [null, 1], isError: 'yes' }, { structuredContent: [1] }]) {
      far.act = () => result as never
      await send(callTool, '/api/tools/bank/call', { tool_name: 'odd' })
    }
  })
})
