export interface SearchFormProps {
  /** Of the page that shows what was found in its #found. */
  path: string
  query: string
  placeholder: string
  /** What else the page was asked for. */
  also?: { name: string; value: string }[]
}

/** Finds while one types; with a button where nothing can be swapped in. */
export function SearchForm({ path, query, placeholder, also = [] }: SearchFormProps) {
  return (
    <form
      method="get"
      action={path}
      class="filter search"
      hx-get={path}
      hx-trigger="input delay:250ms, submit"
      hx-select="#found"
      hx-target="#found"
      hx-swap="outerMorph"
      hx-sync="this:replace"
    >
      <label for="query">Search</label>
      <input id="query" type="search" name="query" value={query} autocomplete="off" placeholder={placeholder} />
      {also.map(({ name, value }) => (
        <input type="hidden" name={name} value={value} />
      ))}
      <noscript>
        <button type="submit" class="button button-primary">
          Search
        </button>
      </noscript>
    </form>
  )
}
