import { describe, expect, test } from 'bun:test'
import { findImports } from './find-imports.ts'
import { type Checkout, describeViolation, findViolations, RULES, type Rule } from './house-rules.ts'
import { lineAt, maskCode } from './mask-code.ts'
import { readCheckout } from './read-checkout.ts'

const checkout = readCheckout()
const FRONT = '// What it owns.\n// What it promises.\n// What it deliberately does not do.'
const QUERIES =
  "import { eq } from 'drizzle-orm'\nimport { users } from '../../store/schema/identity.ts'\nimport type { Tx } from '../../store/store.ts'"

test('the code keeps the house rules', () => {
  expect(findViolations(checkout).map(describeViolation)).toEqual([])
})

test('every import that Bun sees, the house rules see too', () => {
  const overlooked = checkout.files
    .filter(({ path }) => /\.tsx?$/.test(path) && !path.endsWith('.d.ts'))
    .flatMap(({ path, source }) => {
      const seen = new Set<string | null>(findImports(source).map(({ specifier }) => specifier))
      const transpiler = new Bun.Transpiler({ loader: path.endsWith('.tsx') ? 'tsx' : 'ts' })
      // Bun adds the JSX runtime of its own accord, React's where it is not told of tsconfig.json.
      const bunSees = transpiler.scanImports(source).map((found) => found.path.replace(/^react(\/jsx-.*)?$/, 'JSX'))
      seen.add('JSX')
      return bunSees.filter((specifier) => !seen.has(specifier)).map((specifier) => `${path}: ${specifier}`)
    })
  expect(overlooked).toEqual([])
})

describe('a breach is reported', () => {
  for (const [rule, breach, path, source, line] of breaches()) {
    test(`${rule}: ${breach}`, () => {
      const found = findViolations(just(path, source))
      expect(found.map((each) => [each.file, each.line, each.rule])).toEqual([[path, line ?? 1, rule]])
      expect(found[0]?.message.length).toBeGreaterThan(20)
    })
  }

  test('top level: a stray entry', () => {
    const found = findViolations({ files: [], topLevel: ['src', '.ci', 'dist', 'notes.md'], ignored: ['dist'] })
    expect(found.map((each) => [each.file, each.rule])).toEqual([['notes.md', 'top level']])
  })

  test('every rule has been seen to fail here', () => {
    const proven = new Set<Rule>([...breaches().map(([rule]) => rule), 'top level'])
    expect(RULES.filter((rule) => !proven.has(rule))).toEqual([])
  })
})

describe('what the rules allow is not reported', () => {
  for (const [allowed, path, source] of allowances()) {
    test(allowed, () => {
      expect(findViolations(just(path, source)).map(describeViolation)).toEqual([])
    })
  }
})

describe('an import is found', () => {
  for (const [form, source] of [
    ['with a type only', "import type { A } from 'x'"],
    ['with types among values', "import a, { type B, c as d } from 'x'"],
    ['over several lines', "import {\n  a,\n  b,\n} from 'x'"],
    ['as a namespace', "import * as a from 'x'"],
    ['for its side effect', "import 'x'"],
    ['with attributes', "import css from 'x' with { type: 'file' }"],
    ['handed on', "export { a, type B } from 'x'"],
    ['handed on whole', "export * from 'x'"],
    ['handed on as types', "export type { A } from 'x'"],
    ['behind another statement', "const a = 1; import b from 'x'"],
    ['when running', "const a = await import('x')"],
    ['when running, from a template without parts', 'const a = await import(`x`)'],
    ['as a type in place', "let a: import('x').A"],
    ['in the old way', "import a = require('x')"],
    ['inside a template', `const a = \`text \${await import('x')} text\``],
    ['behind a regular expression with quotes', "const quotes = /['\"`/]/g\nimport a from 'x'"],
    ['behind an apostrophe in JSX', "const a = <p>don't</p>\nconst b = <br />\nimport c from 'x'"],
    ['behind a comment', "/* import a from 'y' */ import b from 'x'"],
  ] as const) {
    test(form, () => expect(findImports(source).map(({ specifier }) => specifier)).toEqual(['x']))
  }

  test('nowhere in prose', () => {
    const prose = "// import a from 'x'\nconst a = `import b from 'x'`\nconst c = \"import('x')\"\n/** import('x') */"
    expect(findImports(prose)).toEqual([])
  })

  test('without a name when it is computed', () => {
    expect(findImports(`await import(\`./\${name}.ts\`)\nawait import(name)`).map((each) => each.specifier)).toEqual([
      null,
      null,
    ])
  })
})

test('masking keeps every length and line, and all code', () => {
  const source =
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is the source of a template.
    "const a = 'b' // c\nconst d = `e${f('g')}h` /* i\n */ + 4 / 2 / 1\nconst j = /k\\/[/']l/.test(m) ? n : o"
  const masked = maskCode(source)
  expect(masked).toBe(
    // biome-ignore lint/suspicious/noTemplateCurlyInString: as above.
    "const a = ' '     \nconst d = ` ${f(' ')} `     \n    + 4 / 2 / 1\nconst j = /        /.test(m) ? n : o",
  )
  expect(masked.length).toBe(source.length)
  expect(lineAt(source, source.indexOf('const j'))).toBe(4)
})

function just(path: string, source: string): Checkout {
  return { files: [{ path, source }], topLevel: [], ignored: [] }
}

type Breach = [rule: Rule, breach: string, path: string, source: string, line?: number]

function breaches(): Breach[] {
  return [
    ['rows', 'a room of the same row', 'src/policy/decide.ts', "import { a } from '../identity/identity.ts'"],
    ['rows', 'a higher room', 'src/approvals/claim.ts', "\nimport { a } from '../calls/calls.ts'", 2],
    ['rows', 'a type of a higher room', 'src/lib/ids.ts', "import type { A } from '../store/store.ts'"],
    ['rows', 'a type in place', 'src/vault/seal.ts', "export let a: import('../audit/audit.ts').A"],
    ['rows', 'something handed on', 'src/lib/ids.ts', "export { a } from '../store/store.ts'"],
    ['rows', 'the entry', 'src/cli/serve.ts', "import '../main.ts'"],
    ['front file only', 'an inner file', 'src/calls/call-tool.ts', "import { a } from '../approvals/claim.ts'"],
    ['front file only', 'a folder', 'src/calls/call-tool.ts', "import { a } from '../approvals'"],
    ['front file only', 'another room’s queries', 'src/calls/call-tool.ts', "import { a } from '../audit/queries.ts'"],
    [
      'front file only',
      'the schema outside queries',
      'src/audit/chain.ts',
      "import { a } from '../store/schema/audit.ts'",
    ],
    [
      'table ownership',
      'another room’s schema',
      'src/audit/queries.ts',
      "import { a } from '../store/schema/vault.ts'",
    ],
    [
      'table ownership',
      'a type of it',
      'src/identity/humans/user-queries.ts',
      "import type { A } from '../../store/schema/audit.ts'",
    ],
    ['drizzle in queries', 'outside queries', 'src/audit/chain.ts', "import { eq } from 'drizzle-orm'"],
    [
      'drizzle in queries',
      'a type of a subpath',
      'src/audit/chain.ts',
      "import type { A } from 'drizzle-orm/sqlite-core'",
    ],
    [
      'schema stays inside',
      'the store hands it out',
      'src/store/store.ts',
      `${FRONT}\nexport * from './schema/vault.ts'`,
      4,
    ],
    ['views stand alone', 'a room', 'views/pages/a.tsx', "import type { A } from '../../src/lib/ids.ts'"],
    ['views stand alone', 'a package', 'views/pages/a.tsx', "import { z } from 'zod'"],
    ['views under web', 'another door', 'src/api/pages.ts', "import { A } from '../../views/pages/a.tsx'"],
    ['inside the house', 'a path that leads out', 'src/web/assets.ts', "import a from '../../node_modules/a/b.js'"],
    ['inside the house', 'LICENSE outside lib', 'src/web/assets.ts', "import a from '../../LICENSE'"],
    ['inside the house', 'package.json outside lib', 'src/web/assets.ts', "import a from '../../package.json'"],
    ['import by name', 'a computed import', 'src/cli/serve.ts', 'await import(name)'],
    ['package homes', 'elysia elsewhere', 'src/upstreams/remote.ts', "import { Elysia } from 'elysia'"],
    ['package homes', 'bun:sqlite elsewhere', 'src/audit/queries.ts', "import { Database } from 'bun:sqlite'"],
    [
      'package homes',
      'the MCP server elsewhere',
      'src/upstreams/a.ts',
      "import type { A } from '@modelcontextprotocol/server/b'",
    ],
    ['package homes', 'the MCP client elsewhere', 'src/gateway/a.ts', "import '@modelcontextprotocol/client'"],
    ['one outbound fetch', 'a call', 'src/upstreams/a.ts', 'const a = await fetch(url)'],
    ['one outbound fetch', 'a call behind a condition', 'src/upstreams/a.ts', 'if (await fetch(url)) {\n}'],
    ['one outbound fetch', 'in lib too', 'src/lib/a.ts', 'const a = globalThis.fetch'],
    ['one outbound fetch', 'as a default', 'src/upstreams/a.ts', 'const send = options.send ?? fetch'],
    ['clock and chance in lib', 'Date.now', 'src/audit/a.ts', 'const a = Date.now()'],
    ['clock and chance in lib', 'new Date()', 'src/audit/a.ts', 'const a =\n  new Date()', 2],
    ['clock and chance in lib', 'Math.random', 'views/a.tsx', 'const a = Math.random()'],
    ['clock and chance in lib', 'crypto', 'src/vault/a.ts', 'const a = crypto.getRandomValues(b)'],
    [
      'clock and chance in lib',
      'a name from node:crypto',
      'src/vault/a.ts',
      "import { createHash, randomBytes as b } from 'node:crypto'",
    ],
    [
      'clock and chance in lib',
      'node:crypto whole',
      'src/vault/a.ts',
      "import * as c from 'node:crypto'\nc.randomUUID()",
      2,
    ],
    ['no default export', 'a default', 'src/audit/a.ts', 'const a = 1\nexport default a', 2],
    ['no default export', 'by another name', 'src/audit/a.ts', 'const a = 1\nexport { a as default }', 2],
    ['no any', 'an annotation', 'src/audit/a.ts', 'let a: any'],
    ['no any', 'a cast', 'src/audit/a.ts', 'a(b as any)'],
    ['no any', 'an argument of a type', 'src/audit/a.ts', 'let a: Record<string, any>'],
    ['no any', 'an array', 'src/audit/a.ts', 'function a(b: any[]) {}'],
    ['file length', '401 lines', 'views/assets/a.css', 'a\n'.repeat(401), 401],
    ['file name', 'camel case', 'src/audit/hashChain.ts', ''],
    ['file name', 'a name that says nothing', 'src/audit/utils.ts', ''],
    ['file name', 'a folder that says nothing', 'src/audit/common/chain.ts', ''],
    ['front file comment', 'none', 'src/audit/audit.ts', "import { a } from './chain.ts'"],
    ['front file comment', 'two lines', 'src/audit/audit.ts', '// What it owns.\n// What it promises.\n\nexport {}'],
    ['known room', 'a new folder', 'src/billing/invoice.ts', ''],
  ]
}

function allowances(): [allowed: string, path: string, source: string][] {
  return [
    ['its own room', 'src/identity/humans/humans.ts', "import { a } from '../agents/agents.ts'"],
    ['a lower front file', 'src/calls/call-tool.ts', "import type { A } from '../approvals/approvals.ts'"],
    ['any file of lib', 'src/audit/chain.ts', "import { a } from '../lib/canonical-json.ts'"],
    ['the entry starts the commands', 'src/main.ts', "import { run } from './cli/cli.ts'"],
    ['queries with drizzle and their own tables', 'src/identity/humans/queries.ts', QUERIES],
    [
      'a second queries file',
      'src/identity/session-queries.ts',
      "import type { A } from '../store/schema/identity.ts'",
    ],
    ['the store with all tables', 'src/store/store.ts', `${FRONT}\nimport * as vault from './schema/vault.ts'`],
    ['a front file in one block', 'src/audit/audit.ts', '/**\n * Owns.\n * Promises.\n * Does not.\n */\nexport {}'],
    ['web renders views', 'src/web/pages.ts', "import { A } from '../../views/pages/a.tsx'"],
    ['web serves assets', 'src/web/assets.ts', "import a from '../../views/assets/a.css' with { type: 'file' }"],
    [
      'views among themselves',
      'views/pages/a.tsx',
      "import { render } from 'preact-render-to-string'\nimport { A } from '../layout.tsx'",
    ],
    ['what the browser runs', 'views/assets/a.js', 'fetch(url); Date.now(); crypto.randomUUID()'],
    [
      'packages at home',
      'src/gateway/mcp.ts',
      "import { A } from '@modelcontextprotocol/server'\nimport { Elysia } from 'elysia'",
    ],
    ['the version', 'src/lib/version.ts', "import manifest from '../../package.json'"],
    ['the one fetch', 'src/lib/outbound.ts', 'export const send = () => fetch(url)'],
    [
      'a method called fetch',
      'src/server/http.ts',
      'const a = {\n  async fetch(request: Request): Promise<Response> {\n    return app.fetch(request)\n  },\n}',
    ],
    [
      'a private method called fetch',
      'src/upstreams/a.ts',
      'class A {\n  a = () => this.#fetch()\n  async #fetch() {}\n}',
    ],
    ['a type of fetch', 'src/server/http.ts', 'type Send = typeof fetch\ntype Other = typeof globalThis.fetch'],
    ['time and chance in lib', 'src/lib/clock.ts', 'export const now = () => Date.now() + Math.random()'],
    ['a date made of a time', 'src/audit/a.ts', "new Date(at).toISOString() + new Date('2026-01-01')"],
    [
      'words that look like breaches',
      'views/pages/a.tsx',
      "// fetch(any)\nconst a = 'new Date()'\nconst b = <p>You can't fetch any of: any thing</p>",
    ],
    ['the method any', 'src/audit/a.ts', 'const a = Promise.any([b]); const c = z.any()'],
    [
      'a declaration of assets',
      'src/store/sql.d.ts',
      "declare module '*.sql' {\n  const text: string\n  export default text\n}",
    ],
    ['400 lines', 'src/audit/a.ts', 'a\n'.repeat(400)],
    ['files that are not code', 'src/store/migrations/meta/0000_snapshot.json', '{}'],
  ]
}
