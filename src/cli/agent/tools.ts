import { isJsonObject, type JsonObject, type JsonValue } from '../../lib/json.ts'
import { type Arguments, stringOption } from '../arguments.ts'
import { CommandError } from '../output.ts'
import { agentCommand } from './agent-command.ts'
import { carry } from './gated-call.ts'
import { fittedTable } from './human-text.ts'
import { readJsonArgument } from './json-argument.ts'
import { describedTool, resultLines } from './tool-text.ts'
import { readWaiting, WAITING_OPTIONS, WAITING_TAKES } from './waiting-options.ts'

const WHICH_OPTIONS = { integration: { type: 'string' }, tool: { type: 'string' } } as const
const PAGE = 200

export const toolsList = agentCommand({
  words: 'tools list',
  takes: '[--integration ID] [--query WORDS]',
  about:
    'The tools that can be called, and whether each is allowed, asks first, or is denied. With --query the best match first.',
  example: 'agentport tools list --query "create an issue"',
  options: { integration: { type: 'string' }, query: { type: 'string' } },
  async act({ args, link, out, interrupted }) {
    const integration_id = stringOption(args, 'integration')
    const query = stringOption(args, 'query')
    const about = {
      ...(integration_id === undefined ? {} : { integration_id }),
      ...(query === undefined ? {} : { query }),
    }
    const rows: JsonObject[] = []
    let cursor: JsonValue | undefined
    do {
      const page = { ...about, limit: PAGE, ...(cursor === undefined ? {} : { cursor }) }
      const { tools, next_cursor } = await link().look('agentport__list_integration_tools', page, interrupted)
      if (Array.isArray(tools)) rows.push(...tools.filter(isJsonObject).map(asRow))
      cursor = next_cursor
    } while (cursor !== undefined)
    out.result(rows, (screen) =>
      fittedTable(
        ['INTEGRATION', 'TOOL', 'MODE', 'DESCRIPTION'],
        rows.map((row) =>
          [row.integration, row.tool_name, row.mode, row.description].map((cell) => String(cell ?? '')),
        ),
        screen,
      ),
    )
    return 0
  },
})

const asRow = ({ integration_id, name, description, approval_mode }: JsonObject) => ({
  integration: integration_id ?? null,
  tool_name: name ?? null,
  description: description ?? null,
  mode: approval_mode ?? null,
})

export const toolsDescribe = agentCommand({
  words: 'tools describe',
  takes: '--integration ID --tool NAME',
  about: 'The whole definition of one tool: what it does, and the schema of its arguments.',
  example: 'agentport tools describe --integration github --tool create_issue -o json',
  options: WHICH_OPTIONS,
  async act({ args, link, out, interrupted }) {
    const which = readWhich(args)
    const { tool, approval } = await link().look('agentport__describe_tool', which, interrupted)
    const definition = isJsonObject(tool) ? tool : {}
    const mode = isJsonObject(approval) ? (approval.mode ?? null) : null
    const result = { ...definition, integration_id: which.integration_id, execution_mode: mode }
    out.result(result, (screen) => describedTool(result, screen))
    return 0
  },
})

export const toolsCall = agentCommand({
  words: 'tools call',
  takes: `--integration ID --tool NAME [--args JSON|@FILE|-] [--info TEXT] ${WAITING_TAKES}`,
  about:
    'Calls a tool and prints its result. --info tells the human who may have to approve what you do and why. Code 0: a result; 1: it failed, was denied or expired, or the tool said so; 2: a human has to approve at the link on stderr, which --wait waits for.',
  example: `agentport tools call --integration github --tool create_issue --args '{"title": "Broken link"}' --info "You asked me to report it" --wait`,
  options: { ...WHICH_OPTIONS, args: { type: 'string' }, info: { type: 'string' }, ...WAITING_OPTIONS },
  async act(agent) {
    const { args, link, out, interrupted } = agent
    const info = stringOption(args, 'info')
    const call = {
      ...readWhich(args),
      arguments: await readJsonArgument(stringOption(args, 'args') ?? '{}', '--args'),
      ...(info === undefined ? {} : { additional_info: info }),
    }
    const use = () => link().use('agentport__call_tool', call, interrupted)
    return carry(agent, use, readWaiting(args), ({ result }) => out.result(result, () => resultLines(result)))
  },
})

function readWhich(args: Arguments): { integration_id: string; tool_name: string } {
  const integration_id = stringOption(args, 'integration')
  const tool_name = stringOption(args, 'tool')
  if (integration_id === undefined || tool_name === undefined)
    throw new CommandError('Say which tool: --integration ID --tool NAME. "agentport tools list" shows them.')
  return { integration_id, tool_name }
}
