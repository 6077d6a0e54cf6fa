import { type Arguments, type Options, type Positionals, parse, stringOption } from '../arguments.ts'
import { type Command, usageOf } from '../command.ts'
import { type Instance, readInstance } from '../instance/instance.ts'
import { readSettings } from '../instance/settings-file.ts'
import { AgentLink } from '../link/agent-link.ts'
import { Endpoint } from '../link/endpoint.ts'
import { type AgentOutput, agentOutput, FORMATS, readFormat } from './agent-output.ts'

export type ExitCode = 0 | 1 | 2

/** What an agent command works with. */
export interface Agent {
  args: Arguments
  out: AgentOutput
  /** Read when it is asked for: not every command needs one. @throws CommandError, ConfigError */
  instance(): Instance
  /** @throws CommandError when nobody is signed in. */
  link(): AgentLink
  /** Aborted by Ctrl-C. */
  interrupted: AbortSignal
}

export interface AgentCommand extends Omit<Command, 'run'> {
  positionals?: Positionals
  options?: NonNullable<Options>
  act(agent: Agent): Promise<ExitCode>
}

/** Ctrl-C, or the like; the program then ends as a shell expects. */
export class Interrupted extends Error {
  constructor(readonly signal: 'SIGINT' | 'SIGTERM') {
    super('Stopped.')
  }
}

const NO_WORDS: Positionals = { least: 0, most: 0 }
const OUTPUT = { output: { type: 'string', short: 'o' } } as const

/** A command for whoever has a key, as agents have: it takes an output format, and Ctrl-C ends it cleanly. */
export function agentCommand({ positionals = NO_WORDS, options = {}, act, ...rest }: AgentCommand): Command {
  const command = { ...rest, takes: `${rest.takes} [-o ${FORMATS.join('|')}]`.trim() }
  return {
    ...command,
    run: (argv) => run(parse(argv, usageOf(command), positionals, { ...OUTPUT, ...options }), act),
  }
}

async function run(args: Arguments, act: AgentCommand['act']): Promise<ExitCode> {
  const environment = process.env
  const wanted = stringOption(args, 'output')
  const saved = () => FORMATS.find((each) => each === readSettings(environment).output_format)
  const format = wanted === undefined ? (saved() ?? 'human') : readFormat(wanted)
  const interruption = new AbortController()
  const stop = (signal: NodeJS.Signals) => interruption.abort(new Interrupted(signal as Interrupted['signal']))
  // A second one ends the program where it stands.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, stop)
  try {
    return await act({
      args,
      out: agentOutput(format, environment),
      instance: () => readInstance(environment),
      link: () => new AgentLink(new Endpoint(readInstance(environment))),
      interrupted: interruption.signal,
    })
  } finally {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.off(signal, stop)
  }
}
