import { SKILL_FILE, SKILLS } from '../skills/skills.ts'
import { type OpenRequest, param, type Route } from './routes.ts'

/** What agents can be taught about us, for anybody to read: it holds nothing of this instance. */
export function skillRoutes(notFound: () => Promise<Response>): Route<OpenRequest>[] {
  return [
    { method: 'GET', path: '/skills/', handle: async () => markdown(contents) },
    {
      method: 'GET',
      path: `/skills/:name/${SKILL_FILE}`,
      async handle(request) {
        const skill = SKILLS.find(({ name }) => name === param(request, 'name'))
        return skill ? markdown(skill.text) : notFound()
      },
    },
  ]
}

const contents = [
  '# Skills',
  '',
  'How an agent works through AgentPort, in the format of agentskills.io. Install them with `agentport skills install`, or read them here.',
  '',
  ...SKILLS.map(({ name, description }) => `- [${name}](${name}/${SKILL_FILE}): ${description}`),
  '',
].join('\n')

const markdown = (text: string): Response =>
  new Response(text, {
    headers: {
      'content-type': 'text/markdown; charset=utf-8',
      'x-content-type-options': 'nosniff',
      'content-security-policy': "default-src 'none'",
    },
  })
