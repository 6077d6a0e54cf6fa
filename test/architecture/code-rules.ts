// What may not be written in a file, whatever it imports.

import type { Import } from './find-imports.ts'
import type { Rule, SourceFile, Violation } from './house-rules.ts'
import { lineAt, maskCode } from './mask-code.ts'
import { placeOf } from './rooms.ts'

const RANDOM = /^(randomUUID(v7)?|randomBytes|randomInt|randomFill(Sync)?|getRandomValues)$/

export function judgeCode(file: SourceFile, imports: Import[]): Violation[] {
  const { path, source } = file
  const code = maskCode(source)
  const found: Violation[] = []
  const report = (pattern: RegExp, rule: Rule, message: string, applies = (_: RegExpExecArray) => true) => {
    for (const match of code.matchAll(pattern)) {
      if (applies(match))
        found.push({ file: path, line: lineAt(source, match.index + match[0].search(/\S/)), rule, message })
    }
  }

  if (path !== 'src/lib/outbound.ts') {
    const mend = 'reaches for the global fetch; use the one in lib/outbound, which guards private networks'
    report(/(?<![.\w$#])fetch\s*\(/g, 'one outbound fetch', mend, (match) => !isDefinition(code, match.index, match[0]))
    report(/(?<!typeof\s+)\b(globalThis|global|window|Bun)\.fetch\b/g, 'one outbound fetch', mend)
    report(/(?<==|\?\?|\|\||=>)\s*fetch\b(?!\s*[(:=])/g, 'one outbound fetch', mend)
  }

  if (placeOf(path) !== 'lib') {
    const rule = 'clock and chance in lib'
    report(
      /\bDate\.now\b|\bnew\s+Date\b(?!\s*\(\s*[^\s)])/g,
      rule,
      'reads the clock; take `now` or lib/clock as an argument',
    )
    const chance = 'draws a random value; take it from lib, where tests can see it'
    report(/\bMath\.random\b|\bBun\.randomUUIDv7\b|\bcrypto\.(randomUUID|getRandomValues|random\w+)\b/g, rule, chance)
    for (const { specifier, clause, line } of imports) {
      if (specifier !== 'node:crypto' && specifier !== 'crypto') continue
      const names =
        clause
          .match(/\{([^}]*)\}/)?.[1]
          ?.split(',')
          .map((name) => name.trim().split(/\s+as\s+/)[0] ?? '') ?? []
      if (names.some((name) => RANDOM.test(name))) found.push({ file: path, line, rule, message: chance })
      const whole = clause.match(/^(?:\*\s*as\s+)?([\w$]+)/)?.[1]
      if (whole !== undefined && whole !== 'crypto' && whole !== 'type') {
        report(
          new RegExp(`(?<![.\\w$])${whole.replaceAll('$', '\\$')}\\.(random\\w+|getRandomValues)\\b`, 'g'),
          rule,
          chance,
        )
      }
    }
  }

  // An ambient declaration of an asset has no other form.
  if (!path.endsWith('.d.ts')) {
    const pattern = /(?<=^|[;}])[ \t]*export\s+default\b|(?<=^|[;}])[ \t]*export\s*\{[^}]*\bas\s+default\b/gm
    report(pattern, 'no default export', 'has a default export; name it, so that it has one name everywhere')
  }

  const any = /(?<=[:|&<]|=>|\b(?:as|is|extends|keyof)\b|[\w$]<[^<>(){};]*,)\s*any\b(?=\s*(?:$|[;,)>\]|&=}{]|\[\]))/gm
  report(any, 'no any', 'says any; say unknown and parse it once')
  return found
}

/** `fetch(request) {…}` in an object or a class defines one and calls none. */
function isDefinition(code: string, at: number, call: string): boolean {
  let depth = 1
  let end = at + call.length
  while (end < code.length && depth > 0) {
    if (code[end] === '(') depth += 1
    if (code[end] === ')') depth -= 1
    end += 1
  }
  const opensMember = /(^|[{},;]|\basync)\s*$/.test(code.slice(Math.max(0, at - 40), at))
  return opensMember && /^\s*[{:]/.test(code.slice(end))
}
