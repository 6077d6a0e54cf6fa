/**
 * The shortest way in for each program that can be an agent, by signing in and by a key. Pure: the address, and the key where there is
 * one, go in; lines to copy and links to follow come out.
 */

export interface Step {
  where: string
  /** A line or a file to copy. */
  code?: string
  link?: { href: string; label: string }
  note?: string
}

export interface Client {
  id: string
  name: string
  /** A sentence in place of steps where this way leads nowhere. */
  signIn(url: string): Step[] | string
  withKey(url: string, key: string): Step[] | string
}

const SERVER_NAME = 'agentport'
const KEY_HEADER = 'X-API-Key'
const pretty = (value: object) => JSON.stringify(value, null, 2)
const terminal = (code: string): Step => ({ where: 'In a terminal', code })

export const CLIENTS: readonly Client[] = [
  {
    id: 'claude-code',
    name: 'Claude Code',
    signIn: (url) => [
      terminal(`claude mcp add --scope user --transport http ${SERVER_NAME} ${url}`),
      {
        where: 'Then in Claude Code',
        code: '/mcp',
        note: `Choose ${SERVER_NAME} and Authenticate. Your browser comes back here.`,
      },
    ],
    withKey: (url, key) => [
      terminal(`claude mcp add --scope user --transport http ${SERVER_NAME} ${url} --header "${KEY_HEADER}: ${key}"`),
    ],
  },
  {
    id: 'claude-desktop',
    name: 'Claude Desktop',
    signIn: (url) =>
      isPublic(url)
        ? [
            {
              where: 'In Claude Desktop or on claude.ai: Settings → Connectors → Add custom connector',
              code: url,
              note: 'Claude connects from its own servers, so they have to reach this address.',
            },
          ]
        : `Claude connects from its own servers, which cannot reach ${url}. Give this instance a public https address first (--url), or give Claude a key.`,
    withKey: (url, key) => [
      {
        where: 'In claude_desktop_config.json (Settings → Developer → Edit Config)',
        code: pretty({ mcpServers: { [SERVER_NAME]: bridge(url, key) } }),
        note: 'Claude then starts the agentport program on your computer, which has to be there. Quit Claude and start it anew.',
      },
    ],
  },
  {
    id: 'cursor',
    name: 'Cursor',
    signIn: (url) => [
      { where: 'With one click', link: { href: cursorLink(url), label: 'Add to Cursor' } },
      { where: 'Or in ~/.cursor/mcp.json', code: pretty({ mcpServers: { [SERVER_NAME]: { url } } }) },
    ],
    withKey: (url, key) => [
      {
        where: 'In ~/.cursor/mcp.json',
        code: pretty({ mcpServers: { [SERVER_NAME]: { url, headers: { [KEY_HEADER]: key } } } }),
      },
    ],
  },
  {
    id: 'vs-code',
    name: 'VS Code',
    signIn: (url) => [
      { where: 'With one click', link: { href: vsCodeLink(url), label: 'Add to VS Code' } },
      terminal(`code --add-mcp '${JSON.stringify({ name: SERVER_NAME, type: 'http', url })}'`),
    ],
    withKey: (url, key) => [
      {
        where: 'In .vscode/mcp.json',
        code: pretty({ servers: { [SERVER_NAME]: { type: 'http', url, headers: { [KEY_HEADER]: key } } } }),
      },
    ],
  },
  {
    id: 'codex',
    name: 'Codex',
    signIn: (url) => [
      terminal(`codex mcp add ${SERVER_NAME} --url ${url}`),
      { where: 'Then', code: `codex mcp login ${SERVER_NAME}`, note: 'Your browser comes back here.' },
    ],
    withKey: (url, key) => [
      { where: 'Where your shell starts, as in ~/.profile', code: `export AGENTPORT_API_KEY=${key}` },
      terminal(`codex mcp add ${SERVER_NAME} --url ${url} --bearer-token-env-var AGENTPORT_API_KEY`),
    ],
  },
  {
    id: 'gemini-cli',
    name: 'Gemini CLI',
    signIn: (url) => [
      terminal(`gemini mcp add --scope user --transport http ${SERVER_NAME} ${url}`),
      { where: 'Then in Gemini CLI', code: `/mcp auth ${SERVER_NAME}`, note: 'Your browser comes back here.' },
    ],
    withKey: (url, key) => [
      terminal(`gemini mcp add --scope user --transport http --header "${KEY_HEADER}: ${key}" ${SERVER_NAME} ${url}`),
    ],
  },
  {
    id: 'openclaw',
    name: 'OpenClaw',
    signIn: (url) => [
      terminal(openClaw({ url, transport: 'streamable-http', auth: 'oauth' })),
      { where: 'Then', code: `openclaw mcp login ${SERVER_NAME}`, note: 'Your browser comes back here.' },
    ],
    withKey: (url, key) => [terminal(openClaw({ url, transport: 'streamable-http', headers: { [KEY_HEADER]: key } }))],
  },
  {
    id: 'other',
    name: 'Another program',
    signIn: (url) => [
      {
        where: 'As the address of an MCP server over streamable HTTP',
        code: url,
        note: 'A program that can sign in finds the rest by itself.',
      },
    ],
    withKey: (url, key) => [
      { where: 'As a header of each request', code: `${KEY_HEADER}: ${key}` },
      {
        where: 'From a shell',
        code: curl(url, key),
        note: 'It greets the server; the answer names the session to go on with.',
      },
    ],
  },
]

/** For a client that reaches no address, only a program that it starts. */
const bridge = (url: string, key: string) => ({
  command: 'agentport',
  args: ['bridge'],
  env: { AGENTPORT_API_KEY: key, AGENTPORT_INSTANCE_URL: new URL(url).origin },
})

function isPublic(url: string): boolean {
  const { protocol, hostname } = new URL(url)
  return protocol === 'https:' && hostname !== 'localhost' && !/^[\d.]+$|^\[/.test(hostname)
}

const cursorLink = (url: string): string =>
  `cursor://anysphere.cursor-deeplink/mcp/install?name=${SERVER_NAME}&config=${encodeURIComponent(btoa(JSON.stringify({ url })))}`

const vsCodeLink = (url: string): string =>
  `vscode:mcp/install?${encodeURIComponent(JSON.stringify({ name: SERVER_NAME, type: 'http', url }))}`

const openClaw = (server: object): string => `openclaw mcp set ${SERVER_NAME} '${JSON.stringify(server)}'`

function curl(url: string, key: string): string {
  const clientInfo = { name: 'curl', version: '1' }
  const params = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo }
  return [
    `curl ${url} \\`,
    `  -H '${KEY_HEADER}: ${key}' \\`,
    `  -H 'Content-Type: application/json' \\`,
    `  -H 'Accept: application/json, text/event-stream' \\`,
    `  -d '${JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'initialize', params })}'`,
  ].join('\n')
}
