import { silentLogger } from '../../src/lib/logger.ts'
import { buildRooms } from '../../src/server/server.ts'
import { everyRow } from '../../test/harness/whole-rows.ts'
import type { Stage } from './stage.ts'

/**
 * One last life, in this process: what was left executing becomes unknown, and everything is held against the ledger.
 * @returns every promise that does not hold, in words.
 */
export async function lookAtLast({ dataDir, ledger }: Stage): Promise<{ violations: string[]; events: number }> {
  const rooms = buildRooms({ dataDir, masterKey: null, logger: silentLogger })
  try {
    await rooms.approvals.recover()
    const [user] = await rooms.identity.humans.users()
    if (!user) return { violations: ['The owner is gone'], events: 0 }
    const rows = await everyRow(rooms.approvals, user.id)
    const violations = ledger.violations(rows, await rooms.approvals.limits(user.id))
    const connection = await rooms.upstreams.find(user.id, 'far')
    for (const tool of ledger.policies.tools) {
      const lookup = await rooms.upstreams.tool(user.id, 'far', tool)
      if (!connection || lookup.found !== 'tool') {
        violations.push(`The tool ${tool} is gone`)
        continue
      }
      const { definitionHash } = lookup.handle
      const { mode } = rooms.policy.decide({
        userId: user.id,
        connectionId: connection.id,
        toolName: tool,
        definitionHash,
      })
      if (!ledger.policies.canBe(tool, mode))
        violations.push(`The policy of ${tool} is ${mode}, which was not set last`)
    }
    const { events, fault } = await rooms.audit.verify()
    if (fault) violations.push(`The log does not verify: event ${fault.seq} ${fault.fault}`)
    const altered = await rooms.approvals.findAlteredPayload()
    if (altered) violations.push(`The payload of request ${altered.requestId} is not the recorded one`)
    return { violations, events }
  } finally {
    await rooms.upstreams.close()
    rooms.store.close()
  }
}
