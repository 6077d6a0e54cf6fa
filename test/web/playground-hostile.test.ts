import { afterAll, beforeAll, expect, test } from 'bun:test'
import type { JsonObject, JsonValue } from '../../src/lib/json.ts'
import type { FarTool } from '../harness/far-end.ts'
import { type Scene, type Stage, startStage } from '../harness/stage.ts'

const MARKUP = '"><script>alert(1)</script><img src=x onerror=alert(1)></textarea></select>\u202e\u200b'
const LONGEST_PAGE = 220_000
const LONGEST_MS = 1_500

const object = (properties: JsonObject, more: JsonObject = {}): JsonObject => ({ type: 'object', properties, ...more })
const times = (count: number, of: (n: number) => [string, JsonValue]): JsonObject =>
  Object.fromEntries(Array.from({ length: count }, (_, n) => of(n)))
function deep(levels: number): JsonObject {
  let schema: JsonObject = { type: 'string' }
  for (let level = 0; level < levels; level++) schema = object({ a: schema })
  return schema
}

/** Each schema tries to break a page, or whoever reads it. */
const SCHEMAS: Record<string, JsonObject> = {
  huge: object(times(3_000, (n) => [`property ${n}`, { type: 'string', description: 'd'.repeat(100) }])),
  deep: deep(45),
  'thousands to choose from': object({ it: { enum: Array.from({ length: 5_000 }, (_, n) => n) } }),
  'a slow pattern': object({ it: { type: 'string', pattern: '^(a+)+$' } }),
  'a slow reference': object(
    { it: { $ref: '#/$defs/a' } },
    { $defs: { a: { anyOf: [{ $ref: '#/$defs/a' }, { $ref: '#/$defs/a' }] } } },
  ),
  'references that multiply': object(
    times(150, (n) => [`${n}`, { $ref: '#/$defs/a' }]),
    {
      $defs: {
        a: object(times(250, (n) => [`${n}`, { $ref: '#/$defs/b' }])),
        b: object(times(250, (n) => [`${n}`, { type: 'string' }])),
      },
    },
  ),
  'a reference to itself': object({ it: { $ref: '#/$defs/a' } }, { $defs: { a: { $ref: '#/$defs/a' } } }),
  'names of every object': JSON.parse(
    '{"type":"object","properties":{"__proto__":{"type":"string"},"constructor":{"type":"object","properties":{"prototype":{"type":"string"}}},"toString":{"type":"integer"}},"required":["__proto__"]}',
  ),
  markup: object(
    { [MARKUP]: { type: 'string', description: MARKUP, default: MARKUP, enum: [MARKUP, ''] }, b: { title: MARKUP } },
    { required: [MARKUP] },
  ),
  'markup in groups': object({ [MARKUP]: object({ [MARKUP]: { type: 'integer', description: MARKUP } }) }),
  'what is no schema': object({ a: 1, b: null, c: [], d: 'x', e: { type: 7, enum: {}, items: 5, properties: 3 } }),
  'what is required is no list': object({ a: {} }, { required: 'a' }),
  'no properties': { type: 'object', properties: 'none' },
}

let stage: Stage
let scene: Scene
beforeAll(async () => {
  stage = await startStage()
  const tools = Object.entries(SCHEMAS).map(([name, inputSchema]): FarTool => ({ name, inputSchema, title: MARKUP }))
  scene = await stage.scene([...tools, { name: MARKUP, description: MARKUP }, { name: 'two\nlines\r\nand more' }])
})
afterAll(() => stage.strike())

async function timed(ask: Promise<Response>) {
  const began = performance.now()
  const answer = await ask
  const text = await answer.text()
  return { status: answer.status, text, location: answer.headers.get('location'), ms: performance.now() - began }
}
const formOf = (name: string) =>
  timed(stage.person.get(`/playground?${new URLSearchParams({ connection: scene.slug, tool: name })}`))
const hidden = (html: string, name: string) =>
  (new RegExp(`name="${name}" value="([^"]*)"`).exec(html)?.[1] ?? '').replaceAll('&amp;', '&')

test('they are all there to be chosen, and the list is a list', async () => {
  const page = await timed(stage.person.get(`/playground?connection=${scene.slug}`))
  expect(page.text.match(/<li>/g)).toHaveLength(Object.keys(SCHEMAS).length + 2)
  expect(page.text).not.toContain('<script>alert')
})

test.each([...Object.keys(SCHEMAS), MARKUP, 'two\nlines\r\nand more'])(
  'a tool with %j breaks no page and holds up nobody, and can be called by JSON',
  async (name) => {
    const page = await formOf(name)
    expect([page.status, page.ms < LONGEST_MS, page.text.length < LONGEST_PAGE]).toEqual([200, true, true])
    expect(page.text).not.toContain('<script>alert')
    expect(page.text).not.toContain('<img')
    const base = Object.fromEntries(
      ['connection', 'tool', 'definition', 'ticket'].map((each) => [each, hidden(page.text, each)]),
    )
    const wrong = await timed(
      stage.person.post('/playground', {
        ...base,
        as: 'json',
        do: 'run',
        json: '{"it":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!"}',
      }),
    )
    expect([wrong.status === 303 || wrong.status === 422, wrong.ms < LONGEST_MS]).toEqual([true, true])
    const fields = await timed(
      stage.person.post('/playground', { ...base, as: 'fields', do: 'run', '/it': 'x', '/a/a/a': 'x' }),
    )
    expect([fields.status === 303 || fields.status === 422, fields.ms < LONGEST_MS]).toEqual([true, true])
    const turned = await timed(
      stage.person.post('/playground', { ...base, as: 'json', do: 'fields', json: '{"it":[[]]}' }),
    )
    expect(turned.status).toBe(200)
  },
)

test('a name that every object has is sent as it is', async () => {
  const page = await formOf('names of every object')
  const base = Object.fromEntries(
    ['connection', 'tool', 'definition', 'ticket', 'as'].map((each) => [each, hidden(page.text, each)]),
  )
  await stage.app.setPolicy(scene.slug, 'names of every object', 'allow')
  const sent = { '/__proto__': 'p', '/constructor/prototype': 'c', '/toString': '3' }
  expect((await timed(stage.person.post('/playground', { ...base, do: 'run', ...sent }))).status).toBe(303)
  expect(JSON.stringify(scene.far.calls.at(-1)?.arguments)).toBe(
    '{"__proto__":"p","constructor":{"prototype":"c"},"toString":3}',
  )
})

test('an answer that says it is a picture and is none, or could carry something out, is not drawn', async () => {
  await stage.app.setPolicy(scene.slug, 'two\nlines\r\nand more', 'allow')
  const png = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='
  const image = (mimeType: string, data: string) => ({ type: 'image', mimeType, data })
  scene.far.act = () => ({
    content: [
      image('image/svg+xml', Buffer.from('<svg onload="alert(1)"/>').toString('base64')),
      image('image/png', Buffer.from('<script>alert(1)</script>').toString('base64')),
      image('image/png', `${png}" onerror="alert(1)`),
      image('image/jpeg', png),
      image('text/html', png),
      image('image/png', png),
      { type: 'text', text: MARKUP },
    ],
  })
  const page = await formOf('two\nlines\r\nand more')
  const base = Object.fromEntries(
    ['connection', 'tool', 'definition', 'ticket', 'as'].map((each) => [each, hidden(page.text, each)]),
  )
  const ran = await timed(stage.person.post('/playground', { ...base, do: 'run' }))
  const shown = await timed(stage.person.get(ran.location ?? ''))
  expect([...shown.text.matchAll(/<img[^>]*src="([^"]*)"/g)].map(([, src]) => src)).toEqual([
    `data:image/png;base64,${png}`,
  ])
  expect(shown.text).not.toContain('<script>alert')
})
