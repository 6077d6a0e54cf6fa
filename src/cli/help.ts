import { VERSION } from '../lib/version.ts'
import { type Command, type CommandGroup, usageOf } from './command.ts'

const TITLE = `AgentPort ${VERSION}: one MCP endpoint between agents and your accounts.`
const MORE = '"agentport COMMAND --help" says more, with an example.'
const LINE = 100

/** Of one command all there is to know, of several a line each. */
export function help(argv: string[], groups: readonly CommandGroup[]): string {
  const asked = argv.filter((word) => !word.startsWith('-') && word !== 'help').join(' ')
  for (const group of groups) {
    const exact = group.commands.find(({ words }) => asked === words || asked.startsWith(`${words} `))
    if (exact) return ofOne(exact, group)
  }
  const isAsked = ({ words }: Command) => words.startsWith(asked)
  const known = groups.some(({ commands }) => commands.some(isAsked))
  const sections = groups
    .map(({ note, commands }) => ({ note, shown: known ? commands.filter(isAsked) : commands }))
    .filter(({ shown }) => shown.length > 0)
    .flatMap(({ note, shown }) => [...shown.map((each) => `  ${usageOf(each)}`), '', ...wrapped(note), ''])
  return [TITLE, '', ...sections, MORE, ''].join('\n')
}

function ofOne(command: Command, { note }: CommandGroup): string {
  const example = command.example.split('\n').map((line) => `  ${line}`)
  return [usageOf(command), '', ...wrapped(command.about), '', 'Example:', ...example, '', ...wrapped(note), ''].join(
    '\n',
  )
}

function wrapped(text: string): string[] {
  const lines: string[] = []
  for (const word of text.split(' ')) {
    const last = lines.at(-1)
    if (last !== undefined && last.length + word.length < LINE) lines[lines.length - 1] = `${last} ${word}`
    else lines.push(word)
  }
  return lines
}
