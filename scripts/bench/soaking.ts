// A long evening: agents of both generations call, ask, wait in vain, list and search, a person decides and reads. Paced, since what is
// looked for is what grows, not what is fast.

import {
  askFor,
  awaiting,
  check,
  type Gateway,
  GENERATIONS,
  openGeneration,
  type Request,
  throughGateway,
} from './lanes.ts'
import { type Account, type Person, signIn } from './person.ts'

/** How often each was done so far. */
export type Soaked = { [what: string]: number }

const SESSION_USES = 200
const PAGES = ['/', '/log', '/log?ending=denied', '/connections/bench', '/agents', '/settings']

const counts: Soaked = {}
let failure: Error | null = null
let made = 0

export async function beginSoak({ gateway, account }: { gateway: Gateway; account: Account }): Promise<void> {
  const person = await signIn(account)
  for (const generation of GENERATIONS) {
    for (let i = 0; i < 2; i++)
      void agent(`allowed calls, ${generation}`, 40, () => openGeneration(generation, gateway), allowed)
    void agent(`approved calls, ${generation}`, 200, () => openGeneration(generation, gateway), approved(person))
    void agent(`waits in vain, ${generation}`, 500, () => openGeneration(generation, gateway), inVain(person))
  }
  void agent('lists and searches', 100, () => openGeneration('modern', gateway), search)
  void agent(
    'pages',
    500,
    async () => null,
    async () => void (await person.read(PAGES[made++ % PAGES.length] ?? '/')),
  )
}

/** @throws what went wrong meanwhile: one wrong answer ends a soak. */
export function countSoak(): Soaked {
  if (failure) throw failure
  return { ...counts }
}

async function agent<T>(
  what: string,
  pauseMs: number,
  open: () => Promise<T>,
  act: (by: T, n: number) => Promise<void>,
) {
  counts[what] ??= 0
  try {
    for (;;) {
      // Sessions come and go; those that are left are the gateway's to forget.
      const by = await open()
      for (let i = 0; i < SESSION_USES; i++) {
        await act(by, ++made)
        counts[what]++
        await Bun.sleep(pauseMs * (0.5 + Math.random()))
      }
    }
  } catch (error) {
    failure ??= new Error(`${what}: ${error instanceof Error ? error.message : error}`)
  }
}

const allowed = async (request: Request, n: number) => check(await request('tools/call', throughGateway('echo', n)), n)

const approved = (person: Person) => async (request: Request, n: number) => {
  const id = await askFor(request, n)
  const waiting = request('tools/call', awaiting(id, 30))
  await Bun.sleep(20)
  await person.decide(id, 'once')
  check(await waiting, n)
}

const inVain = (person: Person) => async (request: Request, n: number) => {
  const id = await askFor(request, n)
  const { _meta } = await request('tools/call', awaiting(id, 1))
  if (_meta?.['agentport/outcome'] !== 'pending') throw new Error(`Decided by nobody: ${JSON.stringify(_meta)}`)
  await person.decide(id, 'deny')
}

async function search(request: Request, n: number) {
  await request('tools/list', {})
  const args = n % 2 === 0 ? { query: 'give back' } : { integration_id: 'bench' }
  const { structuredContent } = await request('tools/call', {
    name: 'agentport__list_integration_tools',
    arguments: args,
  })
  if (!Array.isArray(structuredContent?.tools) || structuredContent.tools.length === 0) throw new Error('No tools')
}
