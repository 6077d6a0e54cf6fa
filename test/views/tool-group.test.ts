import { describe, expect, test } from 'bun:test'
import { countPolicies, groupOf } from '../../views/parts/tool-group.ts'
import type { ToolGroup } from '../../views/types.ts'

describe('a tool belongs where its server’s claims put it', () => {
  const CLAIMS: [readOnly: boolean | null, destructive: boolean | null, group: ToolGroup][] = [
    [true, null, 'reads'],
    [true, false, 'reads'],
    // Who says both is not believed the better half.
    [true, true, 'destroys'],
    [false, false, 'changes'],
    [null, false, 'changes'],
    // MCP: what changes things destroys, unless it says that it does not.
    [false, null, 'destroys'],
    [false, true, 'destroys'],
    [null, true, 'destroys'],
    // Silence is not safe, and no claim either.
    [null, null, 'unsaid'],
  ]
  test.each(CLAIMS)('readOnlyHint %p with destructiveHint %p', (readOnly, destructive, group) => {
    for (const idempotent of [null, true, false])
      for (const openWorld of [null, true, false])
        expect(groupOf({ readOnly, destructive, idempotent, openWorld })).toBe(group)
  })
  test('every pair of claims is decided here', () => {
    expect(new Set(CLAIMS.map(([a, b]) => `${a} ${b}`)).size).toBe(9)
  })
})

test('policies are counted by what holds', () => {
  expect(countPolicies([{ mode: 'allow' }, { mode: 'deny' }, { mode: 'deny' }])).toEqual({
    allow: 1,
    require_approval: 0,
    deny: 2,
  })
})
