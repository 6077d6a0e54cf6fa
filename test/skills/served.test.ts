import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { SkillsClient } from '@modelcontextprotocol/client/ext/skills'
import { SKILLS } from '../../src/skills/skills.ts'
import { type App, startApp } from '../harness/app.ts'

let app: App
beforeAll(async () => {
  app = await startApp()
})
afterAll(() => app.stop())

describe('at /skills/', () => {
  test('anybody reads what there is, and each skill as its file', async () => {
    const contents = await fetch(`${app.origin}/skills/`)
    expect([contents.status, contents.headers.get('content-type')]).toEqual([200, 'text/markdown; charset=utf-8'])
    const links = [...(await contents.text()).matchAll(/\]\(([^)]+)\)/g)].map((match) => match[1] ?? '')
    expect(links).toEqual(SKILLS.map(({ name }) => `${name}/SKILL.md`))
    for (const [index, link] of links.entries()) {
      const answer = await fetch(new URL(link, `${app.origin}/skills/`))
      expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'text/markdown; charset=utf-8'])
      expect(answer.headers.get('content-security-policy')).toBe("default-src 'none'")
      expect(await answer.text()).toBe(SKILLS[index]?.text ?? '')
    }
  })

  test.each(['/skills/nothing/SKILL.md', '/skills/..%2f..%2fpackage.json/SKILL.md', '/skills/agentport/secret.md'])(
    '%s is not there',
    async (path) => {
      expect((await fetch(app.origin + path)).status).toBe(404)
    },
  )
})

describe.each(['2025', '2026'] as const)('over MCP, to a client of %s', (era) => {
  test('the official client finds them, and reads each with its digest checked', async () => {
    const { key } = await app.newKey()
    const client = new Client(
      { name: 'reader', version: '1' },
      era === '2026' ? { versionNegotiation: { mode: { pin: '2026-07-28' } } } : {},
    )
    const requestInit = { headers: { 'X-API-Key': key } }
    const transport = new StreamableHTTPClientTransport(new URL(`${app.origin}/mcp`), { requestInit })
    await client.connect(transport as Parameters<Client['connect']>[0])
    const skills = new SkillsClient(client)
    const { skills: found } = await skills.list()
    expect(found.map((skill) => skill.frontmatter.name).toSorted()).toEqual(SKILLS.map(({ name }) => name).toSorted())
    for (const skill of found) {
      const file = await skills.read(skill)
      expect(file.verified).toBe(true)
      expect(file.text).toBe(SKILLS.find(({ name }) => name === skill.frontmatter.name)?.text ?? '')
    }
    await client.close()
  })
})
