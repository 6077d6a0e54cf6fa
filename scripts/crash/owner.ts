import type { ApprovalMode } from '../../src/policy/policy.ts'
import { operatorCommand } from '../../test/harness/operator.ts'
import { Person } from '../../test/harness/person.ts'
import type { DecisionMode, Ledger } from './ledger.ts'

/**
 * The person whose gateway it is. They believe what a page shows them: an answer that leads on to the page of what they changed is an
 * acknowledgement, anything else is none.
 */
export class Owner {
  #person: Person | null = null
  readonly #definitions: ReadonlyMap<string, string>
  readonly #ledger: Ledger
  readonly #at: { origin: string; email: string; password: string }

  constructor(given: {
    origin: string
    email: string
    password: string
    /** Hash of each tool's definition, as the owner saw it. */
    definitions: ReadonlyMap<string, string>
    ledger: Ledger
  }) {
    this.#at = given
    this.#definitions = given.definitions
    this.#ledger = given.ledger
  }

  /** Once signed in they stay so over all lives of the gateway. */
  async #signedIn(): Promise<Person | null> {
    const { origin, email, password } = this.#at
    this.#person ??= await new Person(origin, email, password).signIn().catch(() => null)
    return this.#person
  }

  /** Whether the answer leads on to `path`. */
  #leadsTo(path: string, answer: Response | null): boolean {
    if (answer?.status !== 303) return false
    const location = answer.headers.get('location') ?? ''
    if (location.startsWith('/sign-in')) this.#ledger.broken.push('The owner’s session was acknowledged and is gone')
    return location.startsWith(path)
  }

  /** Sent from so many tabs at once. */
  async decide(requestId: string, mode: DecisionMode, tabs: number): Promise<void> {
    const person = await this.#signedIn()
    if (!person) return
    const decision = this.#ledger.decision(requestId)
    const decide = async () => {
      decision.attempted.add(mode)
      const answers = await Promise.all(
        Array.from({ length: tabs }, () => person.decide(requestId, mode).catch(() => null)),
      )
      if (answers.some((answer) => this.#leadsTo(`/approve/${requestId}`, answer))) decision.acknowledged = true
    }
    if (mode !== 'always') return decide()
    const { policies } = this.#ledger
    if (!policies.free) return
    // Decided by somebody else before, the click changes nothing: an answer does not tell what the policy is now.
    await policies.change(decision.entry.tool, 'allow', async () => {
      await decide()
      return false
    })
  }

  async setPolicyByPage(tool: string, mode: ApprovalMode): Promise<void> {
    const person = await this.#signedIn()
    if (!person || !this.#ledger.policies.free) return
    await this.#ledger.policies.change(tool, mode, async () => {
      const form = { tool, mode, definition: this.#definitions.get(tool) ?? '' }
      return this.#leadsTo('/connections/far', await person.post('/connections/far/policies', form).catch(() => null))
    })
  }

  async setPolicyByCommand(dataDir: string, tool: string, mode: ApprovalMode): Promise<void> {
    if (!this.#ledger.policies.free) return
    await this.#ledger.policies.change(tool, mode, async () => {
      const { code } = await operatorCommand(dataDir, ['admin', 'policy', 'set', 'far', tool, mode])
      return code === 0
    })
  }

  /** Whether the pages come. */
  async seesPages(): Promise<boolean> {
    const person = await this.#signedIn()
    return (
      person !== null && (await person.get('/')).status === 200 && (await person.get('/connections/far')).status === 200
    )
  }
}
