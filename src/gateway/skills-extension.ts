import { McpServer, type Server } from '@modelcontextprotocol/server'
import { memorySkillFiles, SkillsExtension } from '@modelcontextprotocol/server/ext/skills'
import { SKILL_FILE, SKILLS } from '../skills/skills.ts'

/** Strict, so that a skill that breaks the format is found when the program starts and not by a client. */
const catalog = await SkillsExtension.load(
  memorySkillFiles(Object.fromEntries(SKILLS.map(({ name, text }) => [`${name}/${SKILL_FILE}`, text]))),
  { strict: true },
)

/** Our skills over MCP (SEP-2640): `skills/list`, `skills/get`, and each file as a resource under `skill://`. */
export function offerSkills(server: Server): void {
  // The extension attaches to the SDK's high-level server, which is a shell around one like ours.
  const shell = Object.assign(new McpServer({ name: '', version: '' }), { server })
  catalog.attach(shell)
}
