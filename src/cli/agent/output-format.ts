import { changeSettings } from '../instance/settings-file.ts'
import { agentCommand } from './agent-command.ts'
import { FORMATS, readFormat } from './agent-output.ts'
import { fields } from './human-text.ts'

export const outputFormat = agentCommand({
  words: 'output',
  takes: 'FORMAT',
  about: `Chooses how results are printed where -o does not say: ${FORMATS.join(', ')}.`,
  example: 'agentport output json',
  choices: FORMATS,
  positionals: { least: 1, most: 1 },
  async act({ args, out }) {
    const result = { output_format: readFormat(args.positionals[0] ?? '') }
    changeSettings(process.env, result)
    out.result(result, (screen) => fields(result, screen))
    return 0
  },
})
