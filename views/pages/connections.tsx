import { Layout } from '../layout.tsx'
import { ConnectionState, needsCare } from '../parts/connection-state.tsx'
import { Name } from '../parts/exact-text.tsx'
import { Icon } from '../parts/icon.tsx'
import { Monogram } from '../parts/monogram.tsx'
import { SearchForm } from '../parts/search-form.tsx'
import type { ConnectionSummary, PageFrame } from '../types.ts'

export interface ConnectionsPageProps {
  frame: PageFrame
  /** Those that are shown, and how many there are in all. */
  connections: ConnectionSummary[]
  total: number
  query: string
  /** How many come before the next; null when there are none. */
  next: number | null
}

/** Fewer than these are found at a glance. */
const WORTH_A_SEARCH = 12

export function ConnectionsPage({ frame, connections, total, query, next }: ConnectionsPageProps) {
  const ailing = connections.filter(needsCare)
  const well = connections.filter((each) => !needsCare(each))
  return (
    <Layout frame={frame} title="Connections" section="connections">
      <div class="section-head">
        <div>
          <h1>Connections</h1>
          <p class="lead">Accounts of yours that agents can ask for. They never see the credentials.</p>
        </div>
        <a class="button button-primary" href="/catalogue">
          Add a connection
        </a>
      </div>
      {total === 0 && (
        <div class="empty">
          <Icon name="plug" />
          <p>
            Nothing is connected yet. <a href="/catalogue">Choose a service</a> that your agents should work with; each
            of its tools asks you until you say otherwise.
          </p>
        </div>
      )}
      {total >= WORTH_A_SEARCH && <SearchForm path="/connections" query={query} placeholder="Name, id or address" />}
      <div id="found">
        {total > 0 && connections.length === 0 && <p class="empty">No connection is like that.</p>}
        <Connections title="Needs your care" connections={ailing} />
        <Connections title={ailing.length > 0 ? 'Work as they should' : null} connections={well} />
        {next !== null && (
          <a class="button" href={`/connections?${new URLSearchParams({ query, from: String(next) })}`}>
            More connections
          </a>
        )}
      </div>
    </Layout>
  )
}

function Connections({ title, connections }: { title: string | null; connections: ConnectionSummary[] }) {
  if (connections.length === 0) return null
  return (
    <section class="section" aria-label={title ?? 'All connections'}>
      {title !== null && <h2>{title}</h2>}
      <ul class="rows">
        {connections.map((connection) => (
          <li>
            <a class="row" href={`/connections/${encodeURIComponent(connection.slug)}`}>
              <Monogram id={connection.slug} name={connection.name} />
              <span class="row-main">
                <span class="row-title">
                  <Name text={connection.name} />
                </span>
                <span class="row-note">
                  <Name text={connection.target} />
                </span>
              </span>
              <ConnectionState connection={connection} />
            </a>
          </li>
        ))}
      </ul>
    </section>
  )
}
