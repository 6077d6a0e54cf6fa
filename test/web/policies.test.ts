import { afterAll, beforeAll, expect, test } from 'bun:test'
import { type Scene, type Stage, startStage } from '../harness/stage.ts'

let stage: Stage
let bank: Scene
let shop: Scene

beforeAll(async () => {
  stage = await startStage()
  bank = await stage.scene([
    { name: 'balance', annotations: { readOnlyHint: true } },
    { name: 'pay' },
    { name: 'lend' },
    { name: 'close' },
  ])
  shop = await stage.scene([{ name: 'order' }, { name: 'pay' }])
  const { app } = stage
  for (const tool of ['balance', 'pay', 'lend']) await app.setPolicy(bank.slug, tool, 'allow')
  await app.setPolicy(bank.slug, 'close', 'deny')
  await app.setPolicy(shop.slug, 'order', 'allow')
  await bank.agent.call(bank.slug, 'pay')
  await bank.agent.call(bank.slug, 'close')
  bank.far.tools = bank.far.tools.map((tool) => (tool.name === 'lend' ? { ...tool, description: 'Lends more' } : tool))
  await app.rooms.upstreams.refresh(bank.connectionId, 'operator')
})
afterAll(() => stage.strike())

const html = async (query: string) => (await stage.person.get(`/policies${query}`)).text()
const words = (text: string) => text.replace(/<[^>]*>/g, ' ').replace(/\s+/g, ' ')
const tools = (text: string) => [...text.matchAll(/id="tool-([a-z0-9-]+)-(\d+)"/g)].map(([, slug, n]) => `${slug} ${n}`)
const set = (slug: string, form: { [field: string]: string }, headers = {}) =>
  stage.person.post(`/connections/${slug}/policies`, form, headers)
const hashOf = async ({ connectionId }: Scene, name: string) =>
  (await stage.app.rooms.upstreams.tools(connectionId)).find(({ definition }) => definition.name === name)
    ?.definitionHash ?? ''

test('all connections are summed up, each with its own sum', async () => {
  const text = words(await html(''))
  expect(text).toContain('3 allowed 2 ask 1 denied')
  expect(text).toContain(`${bank.slug} 2 allowed 1 ask 1 denied`)
  expect(text).toContain(`${shop.slug} 1 allowed 1 ask`)
})

test.each([
  ['alone', () => [`${bank.slug} 0`, `${bank.slug} 1`, `${shop.slug} 0`]],
  ['unused', () => [`${bank.slug} 0`, `${shop.slug} 0`]],
  ['changed', () => [`${bank.slug} 2`]],
  ['denied', () => [`${bank.slug} 3`]],
])('the view %s holds exactly those tools, over all connections', async (view, expected) => {
  const text = await html(`?show=${view}`)
  expect(tools(text)).toEqual(expected())
  expect(tools(await html(`/tools?show=${view}`))).toEqual(expected())
})

test('opened, a connection says of each tool who set it, since when, and when it was last called', async () => {
  await set(bank.slug, { tool: 'balance', mode: 'allow', definition: await hashOf(bank, 'balance') })
  const text = words(await html(`/tools?connection=${bank.slug}`))
  expect(text).toMatch(/balance Claims: only reads Allowed \S+ \S+ UTC by you Never called/)
  expect(text).toMatch(/pay Allowed \S+ \S+ UTC at the command line Last called/)
  expect(text).toMatch(/lend Changed since you allowed it/)
  expect(text).toMatch(/close Denied \S+ \S+ UTC at the command line Last called/)
  expect(tools(await html(`?connection=${bank.slug}`))).toHaveLength(4)
  expect((await stage.person.get('/policies?connection=nowhere')).status).toBe(404)
})

test('a click there comes back there, and to no page of anybody else', async () => {
  const form = { tool: 'pay', mode: 'allow', definition: await hashOf(shop, 'pay') }
  const at = async (back: string) => (await set(shop.slug, { ...form, back })).headers.get('location')
  expect(await at('/policies?show=alone')).toBe('/policies?show=alone')
  for (const evil of ['//evil.example/', 'https://evil.example/', '/\\evil.example', 'javascript:alert(1)'])
    expect(await at(evil)).toBe('/')
  expect(tools(await html('?show=unused'))).toContain(`${shop.slug} 1`)
})

test('where a piece can be swapped in, it gets the row as it is now, and the sums', async () => {
  const definition = await hashOf(shop, 'pay')
  const answer = await set(
    shop.slug,
    { tool: 'pay', mode: 'deny', definition, back: '/policies?show=alone' },
    { 'hx-request': 'true' },
  )
  expect(answer.status).toBe(200)
  const row = await answer.text()
  expect(row).toStartWith('<li class="tool">')
  expect(tools(row)).toEqual([`${shop.slug} 1`])
  expect(row).toMatch(new RegExp(`id="counts-of-${shop.slug}"[^>]*>.*1 allowed.*1 denied`))
  expect(row).toMatch(/id="counts-of-all"[^>]*>.*3 allowed.*1 ask.*2 denied/)
})
