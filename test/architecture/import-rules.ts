// Which import may stand in which file.

import { posix } from 'node:path'
import type { Import } from './find-imports.ts'
import type { Rule } from './house-rules.ts'
import { isQueriesFile, placeOf, ROW } from './rooms.ts'

const PACKAGE_HOMES: Readonly<Record<string, readonly string[]>> = {
  elysia: ['gateway', 'api', 'web', 'server'],
  '@modelcontextprotocol/server': ['gateway'],
  '@modelcontextprotocol/client': ['upstreams'],
  'bun:sqlite': ['store'],
}

const VIEW_PACKAGES = ['preact', 'preact-render-to-string', 'lucide']
type Verdict = { rule: Rule; message: string } | null

export function judgeImport(path: string, { specifier, reexports }: Import): Verdict {
  const from = placeOf(path)
  if (specifier === null) {
    return { rule: 'import by name', message: 'imports what only running can tell; write the path as a plain string' }
  }
  if (!/^\.{0,2}\//.test(specifier)) return judgePackage(path, from, specifier)

  const target = posix.normalize(posix.join(posix.dirname(path), specifier))
  const to = placeOf(target)
  if (from === 'views') {
    if (to === 'views') return null
    return { rule: 'views stand alone', message: `imports ${target}; let web pass the value in as a prop` }
  }
  if (to === 'views') {
    if (from === 'web') return null
    return { rule: 'views under web', message: `imports ${target}; only web renders pages` }
  }
  if (to === null) {
    if (from === 'lib' && (target === 'package.json' || target === 'LICENSE')) return null
    return {
      rule: 'inside the house',
      message: `imports ${target}; import a package by its name, and only lib reads package.json and LICENSE`,
    }
  }
  if (from === 'store' && reexports && path === 'src/store/store.ts' && target.startsWith('src/store/schema/')) {
    return {
      rule: 'schema stays inside',
      message: `hands out ${target}; each room imports its own schema from its queries file`,
    }
  }
  return from === to ? null : judgeWay(path, from ?? '', target, to)
}

/** From one room of src to another. */
function judgeWay(path: string, from: string, target: string, to: string): Verdict {
  const [fromRow, toRow] = [ROW[from], ROW[to]]
  if (fromRow === undefined || toRow === undefined) return null // said once per file by "known room"
  if (toRow >= fromRow) {
    return {
      rule: 'rows',
      message: `${from} (row ${fromRow}) imports ${to} (row ${toRow}); only lower rows: let the room above hand it in, or move it down`,
    }
  }
  if (to === 'lib') return null
  const schema = target.match(/^src\/store\/schema\/(.+?)(\.ts)?$/)?.[1]
  if (schema !== undefined && isQueriesFile(path)) {
    if (schema === from) return null
    return {
      rule: 'table ownership',
      message: `reads the tables of ${schema}; ask the room ${schema} through its front file`,
    }
  }
  if (target.replace(/\.ts$/, '') === `src/${to}/${to}`) return null
  return {
    rule: 'front file only',
    message: `imports ${target}; import src/${to}/${to}.ts, and let it give what you need`,
  }
}

function judgePackage(path: string, from: string | null, specifier: string): Verdict {
  const isOf = (name: string) => specifier === name || specifier.startsWith(`${name}/`)
  if (from === 'views') {
    if (VIEW_PACKAGES.some(isOf)) return null
    return {
      rule: 'views stand alone',
      message: `imports ${specifier}; a page knows preact, its icons and its props, nothing else`,
    }
  }
  if (isOf('drizzle-orm')) {
    if (from === 'store' || isQueriesFile(path)) return null
    return { rule: 'drizzle in queries', message: `imports ${specifier}; move the query to the room's queries.ts` }
  }
  for (const [name, homes] of Object.entries(PACKAGE_HOMES)) {
    if (isOf(name) && !homes.includes(from ?? '')) {
      return {
        rule: 'package homes',
        message: `imports ${specifier}, which lives in ${homes.join(', ')}; ask one of them for what you need`,
      }
    }
  }
  return null
}
