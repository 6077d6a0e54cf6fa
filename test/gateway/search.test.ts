import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import type { JsonObject } from '../../src/lib/json.ts'
import { type Agent, outcome, text } from '../harness/agent.ts'
import { type App, startApp } from '../harness/app.ts'
import { FarEnd, type FarTool } from '../harness/far-end.ts'

let app: App
let agent: Agent
const servers: FarEnd[] = []

const THINGS = ['issue', 'comment', 'label', 'milestone', 'release', 'branch', 'commit', 'review', 'project', 'team']
const VERBS = [
  'create',
  'get',
  'list',
  'update',
  'delete',
  'search',
  'archive',
  'export',
  'copy',
  'move',
  'watch',
  'lock',
]

/** 120 tools a server, named as its kind of server names them. */
const many = (name: (verb: string, thing: string) => string): FarTool[] =>
  VERBS.flatMap((verb) =>
    THINGS.map((thing) => ({ name: name(verb, thing), description: `Will ${verb} one ${thing} of the workspace.` })),
  )
const capital = (word: string) => word.charAt(0).toUpperCase() + word.slice(1)

beforeAll(async () => {
  app = await startApp()
  const install = async (slug: string, tools: FarTool[]) => {
    const far = new FarEnd(tools).start()
    servers.push(far)
    await app.install(slug, far.url)
  }
  await install('github', [
    ...many((verb, thing) => `${verb}_${thing}`),
    {
      name: 'create_pull_request',
      title: 'Open a pull request',
      // Longer than every other: an exact name must not lose to a short description.
      description: `Opens a pull request. ${'It has many options that are explained at length here. '.repeat(60)}`,
    },
    { name: 'create_pull_request_review', description: 'Reviews a pull request' },
    { name: 'create_pull_request_draft', description: 'A draft' },
    { name: 'request_pull_create', description: 'create pull request' },
  ])
  await install('linear', [...many((verb, thing) => `${verb}${capital(thing)}`), { name: 'getHTTPStatus' }])
  await install('pager-duty', [
    ...many((verb, thing) => `${thing}.${verb}`),
    { name: 'page', description: 'Wakes whoever is on call' },
    { name: 'übersetzeText', description: 'Übersetzt einen Text' },
  ])
  agent = await app.agent()
})
afterAll(async () => {
  await agent.close()
  await app.stop()
  for (const server of servers) await server.stop()
})

type Found = { integration_id: string; name: string }
interface Page {
  tools: Found[]
  next_cursor?: string
}
async function page(args: JsonObject): Promise<Page> {
  const result = await agent.use('agentport__list_integration_tools', args)
  expect(result.isError ?? false, text(result)).toBe(false)
  return result.structuredContent as unknown as Page
}
const find = async (query: string, more: JsonObject = {}) =>
  (await page({ query, limit: 10, ...more })).tools.map((tool) => `${tool.integration_id}/${tool.name}`)
const first = async (query: string) => (await find(query))[0]

describe('best match first', () => {
  test('a tool is found by its exact name, however long its description is', async () => {
    expect(await first('create_pull_request')).toBe('github/create_pull_request')
    expect(await first('archiveMilestone')).toContain('/archive')
    expect(await first('label.export')).toBe('pager-duty/label.export')
    expect(await first('page')).toBe('pager-duty/page')
  })

  test('the exact name comes first in any spelling of it', async () => {
    for (const query of ['create pull request', 'createPullRequest', 'create-pull-request', 'CREATE_PULL_REQUEST']) {
      expect(await first(query)).toBe('github/create_pull_request')
    }
  })

  test('words are found in any order', async () => {
    expect((await find('request pull create')).slice(0, 5)).toContain('github/create_pull_request')
    expect((await find('milestone archive')).slice(0, 3).sort()).toEqual([
      'github/archive_milestone',
      'linear/archiveMilestone',
      'pager-duty/milestone.archive',
    ])
  })

  test('camelCase, snake_case and dots are words', async () => {
    for (const query of ['archive milestone', 'archiveMilestone', 'archive_milestone', 'milestone.archive']) {
      expect((await find(query)).slice(0, 3).sort()).toEqual([
        'github/archive_milestone',
        'linear/archiveMilestone',
        'pager-duty/milestone.archive',
      ])
    }
    expect(await first('http status')).toBe('linear/getHTTPStatus')
  })

  test('the beginning of a word is enough', async () => {
    expect((await find('arch miles')).slice(0, 3).sort()).toEqual([
      'github/archive_milestone',
      'linear/archiveMilestone',
      'pager-duty/milestone.archive',
    ])
  })

  test('the name of the integration in the query picks its tools', async () => {
    expect(await first('github create pull request')).toBe('github/create_pull_request')
    expect(await first('github archive milestone')).toBe('github/archive_milestone')
    expect(await first('archive milestone linear')).toBe('linear/archiveMilestone')
    expect(await first('pager duty archive milestone')).toBe('pager-duty/milestone.archive')
  })

  test('what matches every word stands before what matches some, and a word too many loses nothing', async () => {
    expect(await first('please archive the milestone for me')).toContain('rchive')
    expect(await first('wake on call')).toBe('pager-duty/page')
  })

  test('letters beyond ASCII are found, with and without their marks', async () => {
    expect(await first('übersetze')).toBe('pager-duty/übersetzeText')
    expect(await first('ubersetze')).toBe('pager-duty/übersetzeText')
  })

  test('a sentence finds what its telling words find, and in their order', async () => {
    const words = await find('archive milestone', { limit: 200 })
    expect(await find('please archive the milestone', { limit: 200 })).toEqual(words)
    // Words that say nothing are still words when there are no others.
    expect(await find('who')).toEqual(['pager-duty/page'])
  })

  test('a query in one integration finds only its tools', async () => {
    const found = await find('archive milestone', { integration_id: 'linear' })
    expect(found[0]).toBe('linear/archiveMilestone')
    expect(new Set(found.map((name) => name.split('/')[0]))).toEqual(new Set(['linear']))
  })
})

test('what looks like FTS5 syntax is only words', async () => {
  for (const query of [
    'archive AND',
    'NEAR(archive milestone)',
    'name:archive',
    '"archive',
    'archive*',
    '(',
    '-archive',
    '^archive',
    'archive OR NOT milestone',
    "'; DROP TABLE tool_index; --",
    '{name}: archive',
    '\u0000archive',
    '😀 archive',
  ]) {
    const result = await agent.use('agentport__list_integration_tools', { query, limit: 5 })
    expect(result.isError ?? false, query).toBe(false)
  }
  expect(await first('NEAR(archive milestone)')).toContain('rchive')
  expect(await find('***')).toEqual([])
  expect(await find('nosuchwordanywhere')).toEqual([])
})

test('a query of blanks lists everything, as no query does', async () => {
  expect((await page({ query: '   ' })).tools).toEqual((await page({})).tools)
})

describe('pages', () => {
  async function walk(args: JsonObject): Promise<string[]> {
    const all: string[] = []
    let cursor: string | undefined
    for (let pages = 0; pages < 100; pages++) {
      const { tools, next_cursor } = await page({ ...args, ...(cursor === undefined ? {} : { cursor }) })
      all.push(...tools.map((tool) => `${tool.integration_id}/${tool.name}`))
      if (next_cursor === undefined) return all
      cursor = next_cursor
    }
    throw new Error('The pages do not end')
  }

  test('give every tool once, in one order, whatever their size', async () => {
    const whole = await walk({ limit: 200 })
    expect(whole.length).toBe(367)
    expect(new Set(whole).size).toBe(367)
    expect(await walk({ limit: 7 })).toEqual(whole)
    expect(await walk({})).toEqual(whole)
  })

  test('of a search give every match once, in the order of one page', async () => {
    const whole = await walk({ query: 'archive', limit: 200 })
    expect(whole.length).toBe(30)
    expect(await walk({ query: 'archive', limit: 4 })).toEqual(whole)
  })

  test('hold 50 tools unless told otherwise, and the last one has no cursor', async () => {
    const { tools, next_cursor } = await page({})
    expect(tools.length).toBe(50)
    expect(next_cursor).toBeString()
    expect((await page({ integration_id: 'linear', limit: 121 })).next_cursor).toBeUndefined()
    expect((await page({ integration_id: 'linear', limit: 120 })).next_cursor).toBeString()
  })

  test('past the end are empty and not an error', async () => {
    const cursor = Buffer.from('o999999').toString('base64url')
    expect(await page({ cursor })).toEqual({ tools: [] })
  })

  test.each(['x', '', '-1', Buffer.from('o-5').toString('base64url'), Buffer.from("o1' OR 1").toString('base64url')])(
    'with the cursor %j, which is none of ours, are refused in words',
    async (cursor) => {
      const result = await agent.use('agentport__list_integration_tools', { cursor })
      expect(outcome(result)).toBe('invalid')
      expect(text(result)).toBe('That cursor is not one of ours. Leave it out to start from the first page.')
    },
  )
})
