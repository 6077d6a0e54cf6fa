import type { CallDetail } from '../types.ts'
import { stringsIn } from './strings-in.ts'

/** Every text about a call that the owner did not write. Escapes are undone, so that what JSON hides is counted too. */
export function untrustedTexts(call: CallDetail): string[] {
  const { agent, connection, tool } = call
  const claim = agent.kind.is === 'program' ? agent.kind.claim : null
  const named = agent.isYou ? [] : [agent.name, agent.program, claim && claim.name !== agent.name ? claim.name : null]
  const given = [...named, connection.name, connection.target, tool.name, tool.title, tool.description]
  return [
    ...given.filter((text) => text !== null),
    ...call.notes.map((note) => note.text),
    ...stringsIn(call.argumentsJson),
  ]
}
