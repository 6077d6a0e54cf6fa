import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { GENERATIONS, outcome, requestId, text } from '../harness/agent.ts'
import { type App, startApp } from '../harness/app.ts'
import { type Process, startEverything } from '../harness/everything.ts'

let app: App
let everything: Process

beforeAll(async () => {
  everything = await startEverything()
  app = await startApp()
  await app.install('demo', everything.url)
})
afterAll(async () => {
  await app.stop()
  await everything.stop()
})

describe.each([...GENERATIONS])('with the %s client', (generation) => {
  test('a gated call gives a link, and once approved the awaiting agent gets the real result', async () => {
    const agent = await app.agent(generation)
    const person = await app.person()

    const asked = await agent.call('demo', 'get-sum', { a: 2, b: 40 }, 'adding up the bill')
    expect(outcome(asked)).toBe('approval_required')
    expect(asked.isError).toBe(false)
    expect(text(asked)).toContain(
      `This tool was marked by a human as needing approval. Share this URL with a human and explain what you were trying to do: ${app.origin}/approve/${requestId(asked)}`,
    )
    expect(text(asked)).toContain(`agentport__await_approval(request_id="${requestId(asked)}")`)

    const waiting = agent.await(requestId(asked))
    expect((await person.decide(requestId(asked), 'once')).status).toBe(303)

    const result = await waiting
    expect(outcome(result)).toBe('executed')
    expect(text(result)).toBe('The sum of 2 and 40 is 42.')
    await agent.close()
  })
})
