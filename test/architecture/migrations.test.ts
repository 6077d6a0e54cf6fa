import { afterEach, beforeEach, expect, test } from 'bun:test'
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ROOT } from './read-checkout.ts'

let copy = ''

beforeEach(() => {
  copy = mkdtempSync(join(tmpdir(), 'agentport-migrations-'))
  for (const path of ['package.json', 'tsconfig.json', 'scripts/drizzle.config.ts', 'src/store', 'src/lib']) {
    cpSync(join(ROOT, path), join(copy, path), { recursive: true })
  }
  symlinkSync(join(ROOT, 'node_modules'), join(copy, 'node_modules'), 'junction')
})

afterEach(() => rmSync(copy, { recursive: true, force: true }))

test('the migrations make the tables of the schema: generating finds nothing new', () => {
  const before = migrations()
  // drizzle-kit exits with 0 even where it wanted to ask something and could not, so its words have to say it.
  expect(drizzleKit('generate')).toContain('No schema changes')
  expect(migrations()).toEqual(before)
})

test('the migrations follow one another without a fork', () => {
  expect(drizzleKit('check')).toContain("Everything's fine")
})

test('a table without its migration is noticed', () => {
  const before = migrations()
  writeFileSync(
    join(copy, 'src/store/schema/afterthought.ts'),
    "import { sqliteTable, text } from 'drizzle-orm/sqlite-core'\nexport const afterthoughts = sqliteTable('afterthoughts', { id: text().primaryKey() })\n",
  )
  expect(drizzleKit('generate')).not.toContain('No schema changes')
  expect(Object.keys(migrations()).length).toBe(Object.keys(before).length + 2) // the SQL and its snapshot
})

/** Never the checkout itself: a test that mends what it should report would hide it. */
function drizzleKit(command: 'generate' | 'check'): string {
  const program = join(ROOT, 'node_modules/drizzle-kit/bin.cjs')
  const run = Bun.spawnSync([process.execPath, '--bun', program, command, '--config', 'scripts/drizzle.config.ts'], {
    cwd: copy,
  })
  return `${run.stdout}${run.stderr}`
}

function migrations(): Record<string, string> {
  const folder = join(copy, 'src/store/migrations')
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => /\.(sql|json)$/.test(name))
  return Object.fromEntries(files.map((name) => [name, readFileSync(join(folder, name), 'utf8')]))
}
