import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { GENERATIONS, outcome, requestId, text } from '../harness/agent.ts'
import { type App, startApp } from '../harness/app.ts'
import { type Process, startEverything, until } from '../harness/everything.ts'
import { FarEnd } from '../harness/far-end.ts'
import { TestClock } from '../harness/test-clock.ts'

const clock = new TestClock()
let app: App
let everything: Process
let far: FarEnd

beforeAll(async () => {
  far = new FarEnd([{ name: 'ask' }, { name: 'run' }]).start()
  everything = await startEverything()
  app = await startApp({ clock })
  await app.install('demo', everything.url)
  await app.install('far', far.url)
  await app.setPolicy('demo', 'trigger-long-running-operation', 'allow')
  await app.setPolicy('far', 'run', 'allow')
})
afterAll(async () => {
  await app.stop()
  await everything.stop()
  await far.stop()
})

type Progress = { progress: number; total?: number; message?: string }

const grows = (all: Progress[]) => all.every(({ progress }, i) => i === 0 || progress > (all[i - 1]?.progress ?? 0))

describe.each([...GENERATIONS])('with the %s client', (generation) => {
  test('progress of the upstream arrives, in order and growing', async () => {
    const agent = await app.agent(generation)
    const heard: Progress[] = []
    const result = await agent.call('demo', 'trigger-long-running-operation', { duration: 0.5, steps: 4 }, undefined, {
      onprogress: (progress) => heard.push(progress),
    })
    expect(outcome(result)).toBe('executed')
    expect(text(result)).toContain('Long running operation completed')
    expect(heard.map(({ progress, total }) => [progress, total])).toEqual([
      [1, 4],
      [2, 4],
      [3, 4],
      [4, 4],
    ])
    await agent.close()
  })

  test('two calls at once hear each its own progress', async () => {
    const agent = await app.agent(generation)
    const heard: Progress[][] = [[], []]
    await Promise.all(
      [2, 5].map((steps, i) =>
        agent.call('demo', 'trigger-long-running-operation', { duration: 0.4, steps }, undefined, {
          onprogress: (progress) => heard[i]?.push(progress),
        }),
      ),
    )
    expect(heard.map((each) => each.at(-1)?.total)).toEqual([2, 5])
    expect(heard.map((each) => each.length)).toEqual([2, 5])
    await agent.close()
  })

  test('a wait in which nothing moves gives a sign of life every 15 s', async () => {
    const agent = await app.agent(generation)
    const id = requestId(await agent.call('far', 'ask', { generation }))
    const heard: Progress[] = []
    const waiting = agent.await(id, 240, { onprogress: (progress) => heard.push(progress) })
    await Bun.sleep(100)
    expect(heard).toEqual([])
    await clock.advance(14_000)
    expect(heard).toEqual([])
    await clock.advance(2_000)
    await until(() => heard.length === 1)
    await clock.advance(45_000)
    await until(() => heard.length === 4)
    expect(grows(heard)).toBe(true)
    expect(heard.every((each) => each.message === 'Still waiting')).toBe(true)
    await clock.advance(200_000)
    expect(outcome(await waiting)).toBe('pending')
    await agent.close()
  })

  test('an upstream whose progress runs backwards is heard as one that grows, and signs of life fit in between', async () => {
    const agent = await app.agent(generation)
    const heard: Progress[] = []
    far.act = async ({ id, progressToken }) => {
      const event = (message: object) => `event: message\ndata: ${JSON.stringify({ jsonrpc: '2.0', ...message })}\n\n`
      const progress = (value: number) =>
        event({ method: 'notifications/progress', params: { progressToken, progress: value } })
      return new Response(
        new ReadableStream({
          async start(controller) {
            const write = (chunk: string) => controller.enqueue(new TextEncoder().encode(chunk))
            for (const value of [5, 3, 3, 4]) write(progress(value))
            await until(() => heard.length >= 4)
            await clock.advance(16_000)
            await until(() => heard.length >= 5)
            write(progress(10))
            write(event({ id, result: { content: [] } }))
            controller.close()
          },
        }),
        { headers: { 'content-type': 'text/event-stream' } },
      )
    }
    const result = await agent.call('far', 'run', {}, undefined, { onprogress: (progress) => heard.push(progress) })
    expect(outcome(result)).toBe('executed')
    await until(() => heard.length === 6)
    expect(heard[0]?.progress).toBe(5)
    expect(heard.at(-1)?.progress).toBe(10)
    expect(heard[4]?.message).toBe('Still waiting')
    expect(grows(heard)).toBe(true)
    await agent.close()
  })

  test('await without a timeout ends after 45 s, well before the 60 s at which common clients give up', async () => {
    const agent = await app.agent(generation)
    const id = requestId(await agent.call('far', 'ask', { default: generation }))
    let over = false
    const waiting = agent.use('agentport__await_approval', { request_id: id }).finally(() => {
      over = true
    })
    await Bun.sleep(100)
    await clock.advance(44_000)
    await Bun.sleep(50)
    expect(over).toBe(false)
    await clock.advance(1_500)
    expect(outcome(await waiting)).toBe('pending')
    await agent.close()
  })
})
