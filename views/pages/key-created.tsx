import type { ComponentChildren } from 'preact'
import { Layout } from '../layout.tsx'
import { Code } from '../parts/code.tsx'
import { Name } from '../parts/exact-text.tsx'
import type { PageFrame } from '../types.ts'

export interface KeyCreatedPageProps {
  frame: PageFrame
  name: string
  /** Not called "key": JSX keeps that name for itself and would never hand it over. */
  keyText: string
  origin: string
}

export function KeyCreatedPage({ frame, name, keyText, origin }: KeyCreatedPageProps) {
  const url = `${origin}/mcp`
  const headers = { 'X-API-Key': keyText }
  return (
    <Layout frame={frame} title="Your new key" section="keys">
      <section class="section">
        <h1>
          Key for <Name text={name} />
        </h1>
        <p class="notice notice-warn">
          <strong>Copy it now.</strong> It is shown this once; AgentPort keeps only its hash.
        </p>
        <Code id="new-key" text={keyText} label="Copy key" />
      </section>
      <section class="section">
        <h2>Point an agent here</h2>
        <p class="hint">Each of these holds the key, so treat the file as you would the key.</p>
        <Recipe title="Claude Code" where="In a terminal">
          <Code
            id="for-claude-code"
            text={`claude mcp add --transport http agentport ${url} --header "X-API-Key: ${keyText}"`}
          />
        </Recipe>
        <Recipe title="Cursor" where="~/.cursor/mcp.json">
          <Code id="for-cursor" text={pretty({ mcpServers: { agentport: { url, headers } } })} />
        </Recipe>
        <Recipe title="VS Code" where=".vscode/mcp.json">
          <Code id="for-vs-code" text={pretty({ servers: { agentport: { type: 'http', url, headers } } })} />
        </Recipe>
        <Recipe title="Plain HTTP" where="Any MCP client over streamable HTTP">
          <Code id="for-http" text={curlExample(url, keyText)} />
        </Recipe>
        <p>
          <a class="button" href="/keys">
            I have copied it
          </a>
        </p>
      </section>
    </Layout>
  )
}

function Recipe({ title, where, children }: { title: string; where: string; children: ComponentChildren }) {
  return (
    <div class="recipe">
      <h3>
        {title} <span class="hint">{where}</span>
      </h3>
      {children}
    </div>
  )
}

const pretty = (value: object) => JSON.stringify(value, null, 2)

function curlExample(url: string, keyText: string): string {
  const body = {
    jsonrpc: '2.0',
    id: 1,
    method: 'initialize',
    params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'curl', version: '1' } },
  }
  return [
    `curl ${url} \\`,
    `  -H 'X-API-Key: ${keyText}' \\`,
    `  -H 'Content-Type: application/json' \\`,
    `  -H 'Accept: application/json, text/event-stream' \\`,
    `  -d '${JSON.stringify(body)}'`,
  ].join('\n')
}
