// Turns source text into text of the same length in which only code is left: comments, and what stands inside strings,
// templates and regular expressions, become spaces, so that a rule can search for `fetch(` without meeting prose.
// Quotes stay, `${…}` in a template is code, and line breaks stay where they were.
// Not a parser: JSX text is left as it is, and a quote in it that does not close on its line is taken for an apostrophe.

/** After one of these a slash divides; after anything else that can stand before it, it opens a regular expression. */
const ENDS_A_VALUE = /[\w$)\]}'"`]/
const KEYWORD_BEFORE_REGEX = /(?<![.\w$])(return|typeof|case|in|of|delete|void|throw|new|do|else|await|yield)$/

export function maskCode(source: string): string {
  const out = source.split('')
  let at = 0
  let lastCode = -1

  const blank = (from: number, to: number) => {
    for (let index = from; index < to; index += 1) if (out[index] !== '\n') out[index] = ' '
  }

  const opensRegex = () => {
    if (source[at + 1] === '>') return false // the end of a JSX tag
    const before = source[lastCode]
    if (before === undefined) return true
    if (before === '<') return false // a closing JSX tag
    return (
      !ENDS_A_VALUE.test(before) || KEYWORD_BEFORE_REGEX.test(source.slice(Math.max(0, lastCode - 10), lastCode + 1))
    )
  }

  const regexEnd = () => {
    let inClass = false
    for (let index = at + 1; index < source.length && source[index] !== '\n'; index += 1) {
      if (source[index] === '\\') index += 1
      else if (source[index] === '[') inClass = true
      else if (source[index] === ']') inClass = false
      else if (source[index] === '/' && !inClass) return index
    }
    return -1
  }

  const stringEnd = (quote: string) => {
    for (let index = at + 1; index < source.length && source[index] !== '\n'; index += 1) {
      if (source[index] === '\\') index += 1
      else if (source[index] === quote) return index
    }
    return -1
  }

  /** Stands on the opening backtick; leaves `at` behind the closing one. */
  const template = () => {
    let from = at + 1
    at += 1
    while (at < source.length && source[at] !== '`') {
      if (source[at] === '\\') at += 2
      else if (source.startsWith('${', at)) {
        blank(from, at)
        at += 2
        code('}')
        from = at
      } else at += 1
    }
    blank(from, Math.min(at, source.length))
    lastCode = at
    at += 1
  }

  /** Reads code up to the brace that closes it, or to the end. */
  const code = (until?: '}') => {
    let depth = 0
    while (at < source.length) {
      const char = source[at] as string
      if (char === '}' && until !== undefined && depth === 0) {
        lastCode = at
        at += 1
        return
      }
      if (source.startsWith('//', at) && source[at - 1] !== ':') {
        const end = source.indexOf('\n', at)
        blank(at, end < 0 ? source.length : end)
        at = end < 0 ? source.length : end
      } else if (source.startsWith('/*', at)) {
        const end = source.indexOf('*/', at + 2)
        blank(at, end < 0 ? source.length : end + 2)
        at = end < 0 ? source.length : end + 2
      } else if (char === '`') {
        template()
      } else {
        const end = char === "'" || char === '"' ? stringEnd(char) : char === '/' && opensRegex() ? regexEnd() : -1
        if (end >= 0) {
          blank(at + 1, end)
          at = end
        } else if (char === '{') depth += 1
        else if (char === '}') depth -= 1
        if (!/\s/.test(char)) lastCode = at
        at += 1
      }
    }
  }

  code()
  return out.join('')
}

export function lineAt(source: string, offset: number): number {
  return source.slice(0, offset).split('\n').length
}
