import { expect, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ATTACKS } from './attack-list.ts'

const read = (path: string) => readFileSync(join(import.meta.dir, '../..', path), 'utf8')

test('the README names these attacks and no others', () => {
  const section = /^## Security, in plain words$([\s\S]*?)^## /m.exec(read('README.md'))?.[1] ?? ''
  const [, ...rows] = [...section.matchAll(/^\| (.+?) \|/gm)]
    .map((row) => row[1] ?? '')
    .filter((cell) => cell !== '---')
  expect(rows.toSorted()).toEqual(Object.keys(ATTACKS).toSorted())
})

test.each(Object.entries(ATTACKS))('%s is tried by tests of these names', (_, tests) => {
  expect(tests.length).toBeGreaterThan(0)
  for (const [file, name] of tests) expect([file, name, read(file).includes(name)]).toEqual([file, name, true])
})
