import { Layout } from '../layout.tsx'
import { CatalogueFound, type CatalogueFoundProps } from '../parts/catalogue-found.tsx'
import { SearchForm } from '../parts/search-form.tsx'
import type { PageFrame } from '../types.ts'

export interface CataloguePageProps {
  frame: PageFrame
  found: CatalogueFoundProps
}

export function CataloguePage({ frame, found }: CataloguePageProps) {
  const { query, category } = found
  return (
    <Layout frame={frame} title="Add a connection" section="connections">
      <section class="section">
        <p class="overline">
          <a href="/connections">Connections</a>
        </p>
        <div class="section-head">
          <h1>Add a connection</h1>
          <a class="button" href="/catalogue/custom">
            Add a server by its URL
          </a>
        </div>
        <SearchForm
          path="/catalogue"
          query={query}
          placeholder="GitHub, payments, search …"
          also={category === '' ? [] : [{ name: 'category', value: category }]}
        />
        <CatalogueFound {...found} />
      </section>
    </Layout>
  )
}
