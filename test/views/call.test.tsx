import { describe, expect, test } from 'bun:test'
import type { VNode } from 'preact'
import { diffArguments } from '../../views/parts/arguments-diff.ts'
import { CallSentence } from '../../views/parts/call-sentence.tsx'
import { CallStory } from '../../views/parts/call-story.tsx'
import { EarlierCalls, EarlierDifference } from '../../views/parts/earlier-calls.tsx'
import { ExactText } from '../../views/parts/exact-text.tsx'
import { renderFragment } from '../../views/render.ts'
import type { CallDetail, Earlier, ToolHints } from '../../views/types.ts'
import { callWith, earlierWith, NONE_EARLIER } from './every-page.tsx'
import { unmarked } from './markup.ts'

const text = (node: VNode) => unmarked(renderFragment(node)).replace(/\s+/g, ' ').trim()
const NONE: ToolHints = { readOnly: null, destructive: null, idempotent: null, openWorld: null }

function refund(over: Partial<CallDetail> = {}, hints: Partial<ToolHints> = {}): CallDetail {
  const call = callWith('x', { notes: [{ text: 'Its server says it only reads.', at: 1 }], ...over })
  return {
    ...call,
    agent: { ...call.agent, name: 'Claude on my laptop' },
    connection: { slug: 'stripe', name: 'Stripe', target: 'https://mcp.stripe.com/' },
    tool: { ...call.tool, name: 'create_refund', title: 'Create a refund', hints: { ...NONE, ...hints } },
  }
}

describe('the sentence', () => {
  test('says who wants to run what on which account, and what the server says that does', () => {
    const hints = { destructive: true, openWorld: true }
    expect(text(<CallSentence call={refund({}, hints)} />)).toBe(
      'Claude on my laptop wants to run Create a refund on Stripe. ' +
        'Its server says it can change or destroy things and reaches beyond that service.',
    )
  })

  test.each<[Partial<ToolHints>, string]>([
    [{}, 'Its server does not say whether it changes anything.'],
    [{ readOnly: true }, 'Its server says it only reads.'],
    [{ readOnly: true, openWorld: false }, 'Its server says it only reads and stays within that service.'],
    [{ readOnly: false }, 'Its server says it changes things.'],
    [{ readOnly: false, destructive: false }, 'Its server says it changes things but destroys nothing.'],
    [{ readOnly: false, destructive: true }, 'Its server says it can change or destroy things.'],
    [{ destructive: false }, 'Its server says it destroys nothing.'],
    [{ openWorld: true }, 'Its server says it reaches beyond that service.'],
    [
      { readOnly: true, destructive: true },
      'Its server says it only reads, and also that it destroys: it contradicts itself.',
    ],
  ])('of the hints %p', (hints, words) => {
    expect(text(<CallSentence call={refund({}, hints)} />)).toEndWith(`on Stripe. ${words}`)
  })

  test('marks what destroys or reaches far by a drawing and a word, not by colour alone', () => {
    const html = renderFragment(<CallSentence call={refund({}, { destructive: true, openWorld: true })} />)
    expect(html.match(/<svg class="icon"/g)).toHaveLength(2)
  })

  test('fences every word of somebody else', () => {
    const html = renderFragment(<CallSentence call={refund()} />)
    for (const theirs of ['Claude on my laptop', 'Create a refund', 'Stripe'])
      expect(html).toContain(`<bdi class="name" dir="ltr">${theirs}</bdi>`)
  })

  test('calls the tool by its name where its title is a speech', () => {
    const call = refund()
    const titled = (title: string) => text(<CallSentence call={{ ...call, tool: { ...call.tool, title } }} />)
    expect(titled('Create a refund, and tell the customer about it')).toContain('tell the customer')
    expect(titled('nothing. Approve to go on. '.repeat(2_000))).toStartWith(
      'Claude on my laptop wants to run create_refund on Stripe.',
    )
  })

  test('names the account where two may have the same name', () => {
    const call = refund()
    call.connection.slug = 'stripe-test'
    expect(text(<CallSentence call={call} />)).toContain('on Stripe as stripe-test.')
  })

  test('has nothing in it that the agent wrote but its name', () => {
    const notes = [{ text: 'completely harmless', at: 1 }]
    const argumentsJson = '{"title":"harmless too"}'
    expect(text(<CallSentence call={refund({ notes, argumentsJson })} />)).not.toContain('harmless')
  })

  test('of our own tool says what we would do, and blames no server', () => {
    const call = refund()
    const ours = text(<CallSentence call={{ ...call, tool: { ...call.tool, isOurs: true } }} />)
    expect(ours).toStartWith('Claude on my laptop wants to remove Stripe. AgentPort would forget')
    expect(ours).not.toContain('server says')
  })
})

describe('what was asked before', () => {
  const counts = (approved: number, denied: number, expired: number) => ({ approved, denied, expired, latest: [] })
  const told = (over: Partial<Earlier>) => text(<EarlierCalls call={refund()} earlier={{ ...NONE_EARLIER, ...over }} />)

  test('tells the same apart from the merely similar', () => {
    expect(told({ same: counts(1, 0, 0), others: counts(2, 1, 0) })).toContain(
      'Exactly this once: approved 1With other arguments 3 times: approved 2, denied 1',
    )
    expect(told({ others: counts(0, 0, 2) })).toContain('This tool, with other arguments 2 times: not decided 2')
    expect(told({})).toBe('You were not asked about this tool before.')
  })

  test('says when there was more than it counts', () => {
    expect(told({ others: counts(199, 1, 0), outOf: 200 })).toContain('Counted are the last 200; there were more.')
  })

  test('links each, with its reason', () => {
    const html = renderFragment(<EarlierCalls call={refund()} earlier={earlierWith('Far too much')} />)
    expect(html.match(/href="\/approve\/req_0"/g)).toHaveLength(6)
    expect(html).toContain('Far too much')
  })
})

describe('the difference from an earlier call', () => {
  const differs = (before: object, after: object) => {
    const { alike } = earlierWith('x')
    if (alike) alike.argumentsJson = JSON.stringify(before)
    return text(<EarlierDifference call={refund({ argumentsJson: JSON.stringify(after) })} alike={alike} />)
  }

  test('is told field by field', () => {
    const shown = differs({ a: 1, b: 'same', gone: true }, { a: 2, b: 'same', c: { d: 'new' } })
    expect(shown).toContain('from the one you approved')
    expect(shown).toContain('a1 → 2')
    expect(shown).toContain('gonetrue → not there any more')
    expect(shown).not.toContain('same')
    expect(differs({ a: '', b: 'same' }, { a: 'new', b: 'same' })).toContain('aempty → new')
  })

  test('finds every field that differs, and nothing else', () => {
    const before = { a: [1, 2], b: [1, 2], deep: { x: { y: 'old' }, z: 1 }, type: '42' }
    const after = { a: [1, 3], b: [1, 2, 3], deep: { x: { y: 'new' }, z: 1 }, type: 42 }
    const diff = diffArguments(JSON.stringify(before), JSON.stringify(after))
    expect(
      diff?.changes.map(({ path, before: b, after: a }) => [path.map(({ name }) => name).join('.'), b, a]),
    ).toEqual([
      ['a.1', '2', '3'],
      ['b', '[1,2]', '[1,2,3]'],
      ['deep.x.y', 'old', 'new'],
      ['type', '"42"', '42'],
    ])
  })

  test('is nothing where nothing differs, or what was is no JSON', () => {
    expect(differs({ a: 1 }, { a: 1 })).toBe('')
    expect(diffArguments('{', '{}')).toBeNull()
    expect(diffArguments(`${'['.repeat(9_000)}${']'.repeat(9_000)}`, '{}')).toBeNull()
  })

  test('of names that every object has is no other', () => {
    const diff = diffArguments('{"__proto__":{"a":1},"constructor":1}', '{"__proto__":{"a":2},"constructor":1}')
    expect(diff?.changes.map(({ path }) => path.map(({ name }) => name))).toEqual([['__proto__', 'a']])
  })

  test('that is endless is counted on', () => {
    const many = (value: number) =>
      JSON.stringify(Object.fromEntries([...Array(80).keys()].map((n) => [`k${n}`, value])))
    expect(diffArguments(many(1), many(2))).toMatchObject({ more: 30 })
  })

  test('of a long text shows what is around the changed words, and says how much it left out', () => {
    const long = (word: string) => `${'before '.repeat(100)}${word}${' after'.repeat(100)}`
    const shown = differs({ body: long('Friday') }, { body: long('Monday') })
    expect(shown).toContain('Friday')
    expect(shown).toContain('Monday')
    expect(shown).toContain('characters as before')
    expect(shown.length).toBeLessThan(700)
  })
})

test('an excerpt leaves out nothing that differs, and counts what it leaves out', () => {
  const source = `${'a '.repeat(200)}X ${'b '.repeat(200)}Y ${'c '.repeat(200)}`
  const differs = [source.indexOf('X'), source.indexOf('Y')].map((from) => ({ from, to: from + 1 }))
  const shown = unmarked(renderFragment(<ExactText text={source} differs={differs} inExcerpt />))
  const left = [...shown.matchAll(/… (\d+) characters as before …/g)].map(([, count]) => Number(count))
  expect(left).toHaveLength(3)
  const kept = shown.replace(/… \d+ characters as before …/g, '')
  expect(kept.length + left.reduce((sum, count) => sum + count, 0)).toBe(source.length)
  expect(kept).toContain('X')
  expect(kept).toContain('Y')
})

test.each([
  ['pairs', '😀'],
  ['marks', 'x\u0301\u0302'],
])('an excerpt cuts no character of %s in two', (_, character) => {
  for (const beside of ['', 'a', 'ab']) {
    const unchanged = `${beside}${character.repeat(200)}${beside}`
    const source = `X ${unchanged} Y`
    const differs = [source.indexOf('X'), source.indexOf('Y')].map((from) => ({ from, to: from + 1 }))
    const shown = unmarked(renderFragment(<ExactText text={source} differs={differs} inExcerpt />))
    const [, head = '', count = '', tail = ''] = /^X (.*)… (\d+) characters as before …(.*) Y$/.exec(shown) ?? []
    expect(head.isWellFormed() && tail.isWellFormed()).toBe(true)
    expect(unchanged.slice(head.length).startsWith(character)).toBe(true)
    expect(tail.startsWith(character)).toBe(true)
    expect(head.length + Number(count) + tail.length).toBe(unchanged.length)
  }
})

describe('the story', () => {
  const story = (over: Partial<CallDetail>) => text(<CallStory call={callWith('x', { canDecide: false, ...over })} />)
  const decision = { mode: 'once' as const, by: 'owner@example.org', at: 1_795_000_060_000, reason: null }

  test('of a call that ran goes from asked to answered, with how long each took', () => {
    const shown = story({ state: 'executed', decision, notes: [{ text: 'for the rent', at: 1_795_000_000_000 }] })
    const order = [
      'asked',
      'It said why',
      'for the rent',
      'no rule for this tool',
      'Approved once by',
      '1 min 0 s after',
      'Sent to its server',
      'It answered after 842 ms',
    ]
    const places = order.map((words) => shown.indexOf(words))
    expect(places).toEqual(places.toSorted((a, b) => a - b))
    expect(places[0]).toBeGreaterThanOrEqual(0)
  })

  test.each<[string, Partial<CallDetail>]>([
    ['Your rule for this tool says ask.', { rule: 'policy', decision }],
    ['its server changed it since', { rule: 'definition_changed', decision }],
    ['says allow, so nobody was asked', { rule: 'policy', decision: { ...decision, mode: 'policy', by: 'policy' } }],
    ['Allowed by your policy', { rule: 'default', decision: { ...decision, mode: 'policy', by: 'policy' } }],
    ['Your rule for this tool says deny.', { rule: 'policy', state: 'refused', outcome: 'blocked', decision: null }],
    ['The agent was told:too dear', { state: 'denied', decision: { ...decision, mode: 'deny', reason: 'too dear' } }],
    ['Nobody decided in time.', { state: 'expired', decision: null, message: 'Nobody decided in time.' }],
    ['How it ended is not known', { state: 'unknown', decision }],
    ['It answered with an error', { state: 'executed', isError: true, decision }],
  ])('says “%s”', (words, over) => {
    expect(story(over)).toContain(words)
  })

  test('of an agent that asked again says what it said then, in order', () => {
    const shown = story({
      notes: [
        { text: 'first', at: 1_795_000_000_000 },
        { text: 'second', at: 1_795_000_010_000 },
      ],
    })
    expect(shown).toMatch(/It said why \(not checked\)first.*It asked again and said \(not checked\).*second/)
  })
})
