/**
 * Owns what agents can be taught about us: three skills in the format of agentskills.io, as they lie in the folders here.
 * Promises that they say what is true of this version; a test holds every tool, flag, mode and outcome in them against the real ones.
 * Deliberately delivers none: the web serves them, the gateway offers them over MCP, and a command installs them.
 */
import overview from './agentport/SKILL.md' with { type: 'text' }
import cli from './agentport-cli/SKILL.md' with { type: 'text' }
import mcp from './agentport-mcp/SKILL.md' with { type: 'text' }

export interface Skill {
  /** Also the name of its folder. */
  name: string
  /** When to read it. */
  description: string
  /** The whole of SKILL.md. */
  text: string
}

export const SKILL_FILE = 'SKILL.md'

/** The overview first. */
export const SKILLS: readonly Skill[] = [overview, mcp, cli].map(readSkill)

function readSkill(text: string): Skill {
  const field = (name: string): string => {
    const value = new RegExp(`^${name}: (.+)$`, 'm').exec(text)?.[1]
    if (value === undefined) throw new Error(`A skill has no ${name}`)
    return value
  }
  return { name: field('name'), description: field('description'), text }
}
