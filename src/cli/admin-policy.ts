import { APPROVAL_MODES } from '../policy/policy.ts'
import { installed } from './admin-integration.ts'
import { readArguments } from './arguments.ts'
import { operate } from './operator.ts'
import { CommandError, table } from './output.ts'

export async function policySet(argv: string[]): Promise<void> {
  const usage = 'agentport admin policy set SLUG TOOL allow|require_approval|deny [--user EMAIL] [--data DIR]'
  const args = readArguments(argv, usage, { least: 3, most: 3 })
  const [slug = '', toolName = '', wanted] = args.positionals
  const mode = APPROVAL_MODES.find((each) => each === wanted)
  if (!mode) throw new CommandError(`The policy is allow, require_approval or deny. Usage: ${usage}`)
  await operate(args, async (operator) => {
    const connection = await installed(operator, slug)
    const lookup = await operator.rooms.upstreams.tool(connection.userId, slug, toolName)
    if (lookup.found === 'no_tool') {
      const near = lookup.near.length > 0 ? ` Did you mean ${lookup.near.join(', ')}?` : ''
      throw new CommandError(`${slug} has no tool ${JSON.stringify(toolName)}.${near}`)
    }
    if (lookup.found !== 'tool') throw new CommandError(`${slug} is not connected yet, so its tools are not known.`)
    const { definitionHash } = lookup.handle
    const { userId, id: connectionId } = connection
    await operator.rooms.policy.set({ userId, connectionId, toolName, definitionHash, mode, actor: 'operator' })
    operator.out.result({ integration: slug, tool: toolName, mode }, [`${slug} ${toolName}: ${mode}`])
  })
}

export async function policyList(argv: string[]): Promise<void> {
  const args = readArguments(argv, 'agentport admin policy list [SLUG] [--user EMAIL] [--json] [--data DIR]', {
    least: 0,
    most: 1,
  })
  await operate(args, async (operator) => {
    const { upstreams, policy } = operator.rooms
    const [slug] = args.positionals
    const connections =
      slug === undefined ? await upstreams.connections((await operator.user()).id) : [await installed(operator, slug)]
    const rows: { integration: string; tool: string; mode: string; source: string }[] = []
    for (const { id: connectionId, slug: integration, userId } of connections) {
      for (const { definition, definitionHash } of await upstreams.tools(connectionId)) {
        const decision = policy.decide({ userId, connectionId, toolName: definition.name, definitionHash })
        rows.push({ integration, tool: definition.name, ...decision })
      }
    }
    operator.out.result(
      rows,
      table(
        ['INTEGRATION', 'TOOL', 'POLICY', 'SOURCE'],
        rows.map((row) => [row.integration, row.tool, row.mode, row.source]),
      ),
    )
  })
}
