// Reads this checkout for the house rules: every file of src and views, and the names at the top level.

import { readdirSync, readFileSync } from 'node:fs'
import { join, sep } from 'node:path'
import type { Checkout } from './house-rules.ts'

export const ROOT = join(import.meta.dir, '../..')

export function readCheckout(): Checkout {
  const topLevel = readdirSync(ROOT)
  return {
    files: ['src', 'views'].flatMap((folder) =>
      readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name))
        .map((path) => ({
          path: path.slice(ROOT.length + 1).replaceAll(sep, '/'),
          source: readFileSync(path, 'utf8'),
        })),
    ),
    topLevel,
    ignored: topLevel.filter((name) => ignorePatterns().some((pattern) => pattern.match(name))),
  }
}

/** The lines of .gitignore that speak of a name alone, which is all that the top level needs. */
function ignorePatterns(): Bun.Glob[] {
  return readFileSync(join(ROOT, '.gitignore'), 'utf8')
    .split('\n')
    .map((line) => line.trim().replace(/^\/|\/$/g, ''))
    .filter((line) => line !== '' && !line.startsWith('#') && !line.includes('/'))
    .map((line) => new Bun.Glob(line))
}
