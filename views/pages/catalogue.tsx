import { Layout } from '../layout.tsx'
import { Icon } from '../parts/icon.tsx'
import { signsInWith } from '../parts/integration-words.ts'
import { Monogram } from '../parts/monogram.tsx'
import type { IntegrationSummary, PageFrame } from '../types.ts'

export interface CataloguePageProps {
  frame: PageFrame
  integrations: IntegrationSummary[]
  categories: string[]
  query: string
  category: string
}

export function CataloguePage({ frame, integrations, categories, query, category }: CataloguePageProps) {
  const filtered = query !== '' || category !== ''
  return (
    <Layout frame={frame} title="Add a connection" section="connections">
      <section class="section">
        <p class="overline">
          <a href="/connections">Connections</a>
        </p>
        <h1>Add a connection</h1>
        <form method="get" action="/catalogue" class="filter search">
          <label for="catalogue-query">Search</label>
          <input
            id="catalogue-query"
            type="search"
            name="query"
            value={query}
            autocomplete="off"
            placeholder="GitHub, payments, search …"
          />
          {category !== '' && <input type="hidden" name="category" value={category} />}
          <button type="submit" class="button button-primary">
            Search
          </button>
        </form>
        <nav class="choose" aria-label="Categories">
          {['', ...categories].map((each) => (
            <a
              class="button button-small"
              href={pathOf(query, each)}
              aria-current={each === category ? 'page' : undefined}
            >
              {each === '' ? 'All' : each}
            </a>
          ))}
        </nav>
      </section>
      <section class="section" aria-label="Integrations">
        {integrations.length > 0 ? (
          <ul class="rows">
            {integrations.map((integration) => (
              <li>
                <IntegrationRow integration={integration} />
              </li>
            ))}
          </ul>
        ) : (
          <p class="empty">
            {filtered ? 'Nothing here is like that.' : 'The catalogue is empty.'} Any MCP server can be added by its
            URL.
          </p>
        )}
      </section>
      <section class="section">
        <h2>Something else</h2>
        <p class="hint">Any MCP server that speaks streamable HTTP, on the internet or on this network.</p>
        <a class="button" href="/catalogue/custom">
          Add a server by its URL
        </a>
      </section>
    </Layout>
  )
}

function IntegrationRow({ integration }: { integration: IntegrationSummary }) {
  const { id, name, description, installed, usable } = integration
  return (
    <a class="row" href={`/catalogue/${encodeURIComponent(id)}`}>
      <Monogram id={id} name={name} />
      <span class="row-main">
        <span class="row-title">{name}</span>
        <span class="row-note">{description}</span>
        <span class="row-note">Signs in with {signsInWith(integration)}</span>
      </span>
      {installed > 0 && (
        <span class="state state-good">
          <Icon name="done" />
          Added
        </span>
      )}
      {!usable && <span class="state state-still">Not yet</span>}
      <Icon name="next" />
    </a>
  )
}

function pathOf(query: string, category: string): string {
  const params = new URLSearchParams(Object.entries({ query, category }).filter(([, value]) => value !== ''))
  return params.size === 0 ? '/catalogue' : `/catalogue?${params}`
}
