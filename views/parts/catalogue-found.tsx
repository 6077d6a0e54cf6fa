import type { IntegrationSummary } from '../types.ts'
import { Icon } from './icon.tsx'
import { signsInWith } from './integration-words.ts'
import { Monogram } from './monogram.tsx'

export interface CatalogueFoundProps {
  integrations: IntegrationSummary[]
  /** Each with how many in it match the query. */
  categories: { name: string; count: number }[]
  query: string
  category: string
}

/** What a search of the catalogue found: by category, and of the one that was chosen all. */
export function CatalogueFound({ integrations, categories, query, category }: CatalogueFoundProps) {
  const all = categories.reduce((sum, { count }) => sum + count, 0)
  return (
    <div id="found" class="catalogue">
      <nav class="categories" aria-label="Categories">
        {[{ name: '', count: all }, ...categories].map(({ name, count }) => (
          <a href={pathOf(query, name)} aria-current={name === category ? 'page' : undefined}>
            {name === '' ? 'All' : name} <span class="quiet">{count}</span>
          </a>
        ))}
      </nav>
      <section aria-label="Integrations">
        {integrations.length > 0 ? (
          <ul class="rows">
            {integrations.map((integration) => (
              <li>
                <IntegrationRow integration={integration} />
              </li>
            ))}
          </ul>
        ) : (
          <p class="empty">Nothing here is like that. Any MCP server can be added by its URL.</p>
        )}
      </section>
    </div>
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
          {installed === 1 ? 'Added' : `${installed} added`}
        </span>
      )}
      {!usable && <span class="state state-still">Not yet</span>}
    </a>
  )
}

function pathOf(query: string, category: string): string {
  const params = new URLSearchParams(Object.entries({ query, category }).filter(([, value]) => value !== ''))
  return params.size === 0 ? '/catalogue' : `/catalogue?${params}`
}
