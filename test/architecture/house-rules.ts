// The house rules of the README's "Rooms in rows", as a pure function over the text of the checkout.
// It promises file, line, the rule's name and how to mend it for each offence, and judges nothing it was not handed.
// It does not check types and does not run anything: the compiler and the linter do that.

import { judgeCode } from './code-rules.ts'
import { findImports } from './find-imports.ts'
import { judgeImport } from './import-rules.ts'
import { placeOf, ROW } from './rooms.ts'

export type SourceFile = { path: string; source: string }
export type Checkout = { files: SourceFile[]; topLevel: string[]; ignored: string[] }
export type Violation = { file: string; line: number; rule: Rule; message: string }
export type Rule = (typeof RULES)[number]

export const RULES = [
  'rows',
  'front file only',
  'table ownership',
  'drizzle in queries',
  'schema stays inside',
  'views stand alone',
  'views under web',
  'inside the house',
  'import by name',
  'package homes',
  'one outbound fetch',
  'clock and chance in lib',
  'no default export',
  'no any',
  'file length',
  'file name',
  'front file comment',
  'known room',
  'top level',
] as const

const TOP_LEVEL = [
  'package.json',
  'bunfig.toml',
  'tsconfig.json',
  'src',
  'views',
  'test',
  'scripts',
  'README.md',
  'LICENSE',
  'bun.lock',
]
const MAX_LINES = 400
const SAYS_NOTHING = /^(utils?|helpers?|common|misc|managers?|services?|data)$|-(utils?|helpers?|misc|manager)$/

export function findViolations({ files, topLevel, ignored }: Checkout): Violation[] {
  const found = [...files.flatMap(judgeFile), ...judgeTopLevel(topLevel, ignored)]
  const once = new Map(found.map((each) => [describeViolation(each), each]))
  return [...once.values()].sort((a, b) => a.file.localeCompare(b.file) || a.line - b.line)
}

export function describeViolation({ file, line, rule, message }: Violation): string {
  return `${file}:${line} [${rule}] ${message}`
}

function judgeFile(file: SourceFile): Violation[] {
  if (!/\.(ts|tsx|js|css)$/.test(file.path)) return []
  const found = [...judgeName(file), ...judgeLength(file), ...judgeRoom(file)]
  // What the browser runs has the browser's clock and fetch, and no import can reach into a page's script.
  if (!/\.tsx?$/.test(file.path)) return found
  const imports = findImports(file.source)
  for (const each of imports) {
    const verdict = judgeImport(file.path, each)
    if (verdict !== null) found.push({ file: file.path, line: each.line, ...verdict })
  }
  return [...found, ...judgeCode(file, imports)]
}

function judgeName({ path }: SourceFile): Violation[] {
  return path.split('/').flatMap((name, depth, parts) => {
    const stem = depth === parts.length - 1 ? name.replace(/(\.d)?\.\w+$/, '') : name
    const message = !/^[a-z0-9]+([-.][a-z0-9]+)*$/.test(stem)
      ? `“${name}” is not kebab-case`
      : SAYS_NOTHING.test(stem)
        ? `“${name}” says nothing; name it for the one thing it gives`
        : null
    return message === null ? [] : [{ file: path, line: 1, rule: 'file name' as const, message }]
  })
}

function judgeLength({ path, source }: SourceFile): Violation[] {
  const lines = source.trimEnd().split('\n').length
  if (lines <= MAX_LINES) return []
  const message = `has ${lines} lines, ${MAX_LINES} are allowed; split it by what its parts give`
  return [{ file: path, line: MAX_LINES + 1, rule: 'file length', message }]
}

function judgeRoom({ path, source }: SourceFile): Violation[] {
  const room = placeOf(path)
  if (room === null || room === 'views') return []
  if (ROW[room] === undefined) {
    const message = `src/${room} is no room of the house; find the room that owns this, or give the new one a row here and in the README`
    return [{ file: path, line: 1, rule: 'known room', message }]
  }
  if (path !== `src/${room}/${room}.ts`) return []
  const opening = source.match(/^(?:\s*\/\/.*\n?)+|^\s*\/\*[\s\S]*?\*\//)?.[0] ?? ''
  const said = opening.split('\n').filter((line) => /[\p{L}\p{N}]/u.test(line))
  if (said.length >= 3) return []
  const message = 'open it with three lines: what it owns, what it promises, what it deliberately does not do'
  return [{ file: path, line: 1, rule: 'front file comment', message }]
}

function judgeTopLevel(entries: string[], ignored: string[]): Violation[] {
  return entries
    .filter((name) => !name.startsWith('.') && !TOP_LEVEL.includes(name) && !ignored.includes(name))
    .map((name) => ({
      file: name,
      line: 1,
      rule: 'top level',
      message:
        'stands at the top level; tool configuration lives in package.json or scripts/, the rest in src, views or test',
    }))
}
