import { join } from 'node:path'
import type { JsonObject } from '../../lib/json.ts'
import type { Places } from './places.ts'

/** Where a client finds us, and the key it is to have; null where it signs in by itself. */
export interface Target {
  /** The address of /mcp. */
  url: string
  origin: string
  key: string | null
}

/** A program that can be an agent, and how it is told of us. The page "Connect an agent" tells people the same; a test compares. */
export interface Client {
  id: string
  name: string
  /** Its configuration, for this person and all their projects. */
  config(places: Places): string
  format: 'jsonc' | 'toml'
  /** Where our entry stands in it. */
  path: readonly [string, string]
  entry(target: Target): JsonObject
  /** Cannot sign in from its configuration file. */
  needsKey?: true
  /** Where its skills lie; null where it has none. */
  skills(places: Places): string | null
  signs(places: Places): { folders: string[]; program?: string }
  /** What the person does next. */
  next(target: Target): string
}

const NAME = 'agentport'
const KEY_HEADER = 'X-API-Key'
const withKey = (key: string | null, field = 'headers'): JsonObject =>
  key === null ? {} : { [field]: { [KEY_HEADER]: key } }
const signIn = (how: string, { key }: Target): string => (key === null ? how : '')

export const CLIENTS: readonly Client[] = [
  {
    id: 'claude-code',
    name: 'Claude Code',
    config: ({ home, environment }) => join(environment.CLAUDE_CONFIG_DIR || home, '.claude.json'),
    format: 'jsonc',
    path: ['mcpServers', NAME],
    entry: ({ url, key }) => ({ type: 'http', url, ...withKey(key) }),
    skills: ({ home, environment }) => join(environment.CLAUDE_CONFIG_DIR || join(home, '.claude'), 'skills'),
    signs: ({ home }) => ({ folders: [join(home, '.claude'), join(home, '.claude.json')], program: 'claude' }),
    next: (target) => `Start Claude Code anew.${signIn(` There, /mcp → ${NAME} → Authenticate.`, target)}`,
  },
  {
    id: 'claude-desktop',
    name: 'Claude Desktop',
    config: ({ appData }) => join(appData, 'Claude', 'claude_desktop_config.json'),
    format: 'jsonc',
    path: ['mcpServers', NAME],
    needsKey: true,
    entry: ({ origin, key }) => ({
      ...bridge(),
      env: { AGENTPORT_API_KEY: key, AGENTPORT_INSTANCE_URL: origin },
    }),
    skills: () => null,
    signs: ({ appData }) => ({ folders: [join(appData, 'Claude')] }),
    next: () => 'Quit Claude Desktop and start it anew.',
  },
  {
    id: 'cursor',
    name: 'Cursor',
    config: ({ home }) => join(home, '.cursor', 'mcp.json'),
    format: 'jsonc',
    path: ['mcpServers', NAME],
    entry: ({ url, key }) => ({ url, ...withKey(key) }),
    skills: ({ home }) => join(home, '.cursor', 'skills'),
    signs: ({ home }) => ({ folders: [join(home, '.cursor')], program: 'cursor' }),
    next: (target) => `Cursor picks it up.${signIn(` In Settings → MCP, sign in to ${NAME}.`, target)}`,
  },
  {
    id: 'vs-code',
    name: 'VS Code',
    config: ({ appData }) => join(appData, 'Code', 'User', 'mcp.json'),
    format: 'jsonc',
    path: ['servers', NAME],
    entry: ({ url, key }) => ({ type: 'http', url, ...withKey(key) }),
    skills: ({ home }) => join(home, '.copilot', 'skills'),
    signs: ({ appData }) => ({ folders: [join(appData, 'Code')], program: 'code' }),
    next: (target) => `In VS Code, "MCP: List Servers" → ${NAME} → Start.${signIn(' It asks you to sign in.', target)}`,
  },
  {
    id: 'codex',
    name: 'Codex',
    config: ({ home, environment }) => join(environment.CODEX_HOME || join(home, '.codex'), 'config.toml'),
    format: 'toml',
    path: ['mcp_servers', NAME],
    entry: ({ url, key }) => ({ url, ...withKey(key, 'http_headers') }),
    skills: ({ home }) => join(home, '.agents', 'skills'),
    signs: ({ home }) => ({ folders: [join(home, '.codex')], program: 'codex' }),
    next: (target) => `Start Codex anew.${signIn(` Before that, sign in: codex mcp login ${NAME}`, target)}`,
  },
  {
    id: 'gemini-cli',
    name: 'Gemini CLI',
    config: ({ home }) => join(home, '.gemini', 'settings.json'),
    format: 'jsonc',
    path: ['mcpServers', NAME],
    entry: ({ url, key }) => ({ httpUrl: url, ...withKey(key) }),
    skills: ({ home }) => join(home, '.gemini', 'skills'),
    signs: ({ home }) => ({ folders: [join(home, '.gemini')], program: 'gemini' }),
    next: (target) => `Start Gemini CLI anew.${signIn(` There, /mcp auth ${NAME}`, target)}`,
  },
]

/** This very program, by its whole path: a program with windows has a short PATH of its own. */
function bridge(): JsonObject {
  const script = process.argv[1] ?? ''
  const isBuilt = /[$~]bunfs|~BUN/i.test(script)
  return { command: process.execPath, args: [...(isBuilt ? [] : [script]), 'bridge'] }
}
