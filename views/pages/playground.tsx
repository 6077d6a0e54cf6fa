import { Layout } from '../layout.tsx'
import { Name } from '../parts/exact-text.tsx'
import { Hints } from '../parts/hints.tsx'
import { ModeWord } from '../parts/mode-word.tsx'
import type { ApprovalMode, PageFrame, ToolHints } from '../types.ts'

export interface PlaygroundPageProps {
  frame: PageFrame
  connections: { slug: string; name: string; connected: boolean; toolCount: number }[]
}

export interface PlaygroundToolsPageProps {
  frame: PageFrame
  connection: { slug: string; name: string }
  query: string
  tools: { name: string; title: string | null; hints: ToolHints; mode: ApprovalMode }[]
  /** How many more are found than are shown. */
  more: number
}

const pathOf = (query: Record<string, string>) => `/playground?${new URLSearchParams(query)}`

/** Where a person tries a tool: first, which connection. */
export function PlaygroundPage({ frame, connections }: PlaygroundPageProps) {
  return (
    <Layout frame={frame} title="Playground" section="playground">
      <section class="section">
        <h1>Playground</h1>
        <p class="lead">
          Run a tool yourself and see what an agent would get. Your call goes the way of every call: by your policy,
          with your approval where it asks, and into the log.
        </p>
        {connections.length === 0 ? (
          <p class="empty">
            <span>
              There is nothing to try yet. <a href="/catalogue">Connect a service</a> and its tools are here.
            </span>
          </p>
        ) : (
          <ul class="rows">
            {connections.map(({ slug, name, connected, toolCount }) => (
              <li>
                <a class="row" href={pathOf({ connection: slug })}>
                  <span class="row-main">
                    <span class="row-title">
                      <Name text={name} />
                      {name !== slug && <span class="quiet"> {slug}</span>}
                    </span>
                    <span class="row-note">
                      <span>{toolCount === 1 ? '1 tool' : `${toolCount} tools`}</span>
                      {!connected && <span>not signed in: its tools cannot run</span>}
                    </span>
                  </span>
                </a>
              </li>
            ))}
          </ul>
        )}
      </section>
    </Layout>
  )
}

/** Then, which of its tools. */
export function PlaygroundToolsPage({ frame, connection, query, tools, more }: PlaygroundToolsPageProps) {
  const { slug } = connection
  return (
    <Layout frame={frame} title="Playground" section="playground">
      <section class="section">
        <p class="overline">
          <a href="/playground">Playground</a>
        </p>
        <div class="section-head">
          <h1>
            <Name text={connection.name} />
          </h1>
          <form method="get" action="/playground" class="filter">
            <input type="hidden" name="connection" value={slug} />
            <label for="filter">Find a tool</label>
            <input id="filter" type="search" name="query" value={query} autocomplete="off" data-search />
            <button type="submit" class="button">
              Find
            </button>
          </form>
        </div>
        {tools.length === 0 && (
          <p class="empty">
            {query === '' ? (
              <span>
                No tools are known of it. Its <a href={`/connections/${encodeURIComponent(slug)}`}>page</a> says how it
                does, and can look again.
              </span>
            ) : (
              <span>
                No tool is like that. <a href={pathOf({ connection: slug })}>Show all</a>
              </span>
            )}
          </p>
        )}
        {tools.length > 0 && (
          <ul class="rows">
            {tools.map(({ name, title, hints, mode }) => (
              <li>
                <a class="row" href={pathOf({ connection: slug, tool: name })}>
                  <span class="row-main">
                    <span class="row-title">
                      <Name text={name} />
                    </span>
                    <span class="row-note">
                      {title !== null && title !== name && (
                        <span>
                          <Name text={title} />
                        </span>
                      )}
                      <Hints hints={hints} lead="Claims:" />
                    </span>
                  </span>
                  <ModeWord mode={mode} />
                </a>
              </li>
            ))}
          </ul>
        )}
        {more > 0 && <p class="hint">{more} more. Find one by a word of its name.</p>}
      </section>
    </Layout>
  )
}
