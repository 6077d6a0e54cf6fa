/** Reading rendered pages the way a browser or a person does. */

export interface Element {
  name: string
  attributes: Map<string, string>
}

export async function elementsOf(html: string): Promise<Element[]> {
  const found: Element[] = []
  const rewriter = new HTMLRewriter().on('*', {
    element(element) {
      found.push({
        name: element.tagName,
        attributes: new Map([...element.attributes].map(([k, v]) => [k ?? '', v ?? ''])),
      })
    },
  })
  await rewriter.transform(new Response(html)).text()
  return found
}

const ENTITIES: Record<string, string> = { '&lt;': '<', '&gt;': '>', '&quot;': '"', '&#39;': "'", '&amp;': '&' }
const decode = (text: string) => text.replace(/&(?:lt|gt|quot|#39|amp);/g, (entity) => ENTITIES[entity] ?? entity)

/** The text on the page with each mark turned back into the characters it stands for. */
export function unmarked(html: string): string {
  return decode(
    html
      .replace(/<span class="mark" title="[^"]*">U\+([0-9A-F]+)(?: ×(\d+))?<\/span>/g, (_, code: string, count = '1') =>
        `&#x${code};`.repeat(Number(count)),
      )
      .replace(/<(?:"[^"]*"|[^">])*>/g, ''),
  ).replace(/&#x([0-9A-F]+);/g, (_, code: string) => String.fromCodePoint(Number.parseInt(code, 16)))
}
