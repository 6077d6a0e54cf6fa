import { expect, test } from 'bun:test'
import { primeEventStream } from '../../src/lib/event-stream.ts'
import { patientJson } from '../../src/lib/held-answer.ts'

const nothing = { onGone() {}, onCut() {} }

test('an answer that comes soon is sent as it is', async () => {
  const response = await patientJson(Promise.resolve('{"a":1}'), nothing)
  expect(response.headers.get('content-type')).toBe('application/json')
  expect(await response.text()).toBe('{"a":1}')
})

test('one that comes late begins with white space, and is the same JSON', async () => {
  const later = Promise.withResolvers<string>()
  const response = await patientJson(later.promise, nothing)
  expect(response.status).toBe(200)
  let ended = false
  const reader = primeEventStream(response, () => {
    ended = true
  }).body?.getReader()
  const first = await reader?.read()
  expect(new TextDecoder().decode(first?.value)).toBe(' ')
  expect(ended).toBe(false)
  later.resolve('{"a":1}')
  const second = await reader?.read()
  expect(JSON.parse(` ${new TextDecoder().decode(second?.value)}`)).toEqual({ a: 1 })
  expect((await reader?.read())?.done).toBe(true)
  expect(ended).toBe(true)
})

test('whoever goes away before it comes is told of, once, and counts no more', async () => {
  const gone: string[] = []
  const response = await patientJson(new Promise<string>(() => {}), { ...nothing, onGone: () => gone.push('gone') })
  let ended = false
  const watched = primeEventStream(response, () => {
    ended = true
  })
  await watched.body?.cancel()
  await Bun.sleep(0)
  expect([gone, ended]).toEqual([['gone'], true])
})

test('one that fails soon fails before anything is sent; one that fails late is cut off and told of', async () => {
  expect(patientJson(Promise.reject(new Error('soon')), nothing)).rejects.toThrow('soon')
  const later = Promise.withResolvers<string>()
  const cut: unknown[] = []
  const response = await patientJson(later.promise, { ...nothing, onCut: (error) => cut.push(error) })
  const text = response.text()
  later.reject(new Error('late'))
  expect(text).rejects.toThrow('late')
  await Bun.sleep(0)
  expect(cut).toEqual([new Error('late')])
})
