// Every import of a source file, whatever its form, types included: Bun.Transpiler.scanImports knows the language better
// but drops `import type`, and a type that crosses a wall is a wall crossed.

import { lineAt, maskCode } from './mask-code.ts'

export type Import = {
  /** null: an expression, so nobody can say what it imports. */
  specifier: string | null
  line: number
  reexports: boolean
  /** What stands between `import` and `from`; empty for the other forms. */
  clause: string
}

// In masked code the inside of a string is blank, so a string is its two quotes with spaces between.
const STRING = /(?<quote>['"`])(?<inside> *)\k<quote>/.source
const FORMS = [
  // import a, { type b as c } from '…' · import type … · export { a } from '…' · export * as b from '…'
  new RegExp(`(?<=^|[;}])[ \\t]*(?<word>import|export)\\b(?<clause>[\\w$\\s{},*]*?)\\bfrom\\s*${STRING}`, 'dgm'),
  // import '…'
  new RegExp(`(?<=^|[;}])[ \\t]*(?<word>import)\\s*${STRING}`, 'dgm'),
  // import('…'), as a value or as a type · require('…') · import.meta.resolve('…')
  new RegExp(
    `(?<![.\\w$])(?:import|require|require\\.resolve|import\\.meta\\.(?:require|resolve))\\s*\\(\\s*(?:${STRING})?`,
    'dg',
  ),
]

export function findImports(source: string): Import[] {
  const code = maskCode(source)
  const found = FORMS.flatMap((form) => [...code.matchAll(form)])
  return found
    .map((match) => {
      const [from, to] = match.indices?.groups?.inside ?? []
      return {
        specifier: from === undefined || to === undefined ? null : source.slice(from, to),
        line: lineAt(source, match.index + match[0].search(/\S/)),
        reexports: match.groups?.word === 'export',
        clause: match.groups?.clause?.trim() ?? '',
      }
    })
    .sort((a, b) => a.line - b.line)
}
