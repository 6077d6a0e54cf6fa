import { parse } from './arguments.ts'
import { type Command, type CommandGroup, flagsOf } from './command.ts'
import { CommandError } from './output.ts'

const SHELLS = ['bash', 'zsh', 'fish'] as const
type Shell = (typeof SHELLS)[number]
const NAMES = ['agentport', 'ap']
const FORMATS = 'human json toon'

/** Made of the same tables as help, so that what they offer is there. */
export function completionsCommand(groups: () => readonly CommandGroup[]): Command {
  return {
    words: 'completions',
    takes: 'SHELL',
    about: `Prints completions for a shell: ${SHELLS.join(', ')}.`,
    example: [
      'source <(agentport completions bash)                 # in ~/.bashrc',
      'source <(agentport completions zsh)                  # in ~/.zshrc, after compinit',
      'agentport completions fish > ~/.config/fish/completions/agentport.fish',
    ].join('\n'),
    choices: SHELLS,
    async run(argv) {
      const { positionals } = parse(argv, 'agentport completions SHELL', { least: 1, most: 1 }, {})
      const shell = SHELLS.find((each) => each === positionals[0])
      if (!shell) throw new CommandError(`There are completions for ${SHELLS.join(', ')}.`)
      process.stdout.write(SCRIPTS[shell](stepsOf(groups())))
    },
  }
}

/** What can come after the words typed so far. */
interface Steps {
  /** By the words before: those that lead on to commands. */
  onward: Map<string, Set<string>>
  /** By the words of a command: its flags, and what its first argument can be. */
  last: Map<string, string[]>
  /** Commands that print in a format of one's choice. */
  printing: string[]
}

function stepsOf(groups: readonly CommandGroup[]): Steps {
  const onward = new Map<string, Set<string>>()
  const last = new Map<string, string[]>()
  for (const group of groups) {
    for (const command of group.commands) {
      const words = command.words.split(' ')
      words.forEach((word, i) => {
        const before = words.slice(0, i).join(' ')
        onward.set(before, (onward.get(before) ?? new Set()).add(word))
      })
      last.set(command.words, [...(command.choices ?? []), ...flagsOf(command, group)])
    }
  }
  const printing = groups.flatMap(({ commands }) =>
    commands.filter(({ takes }) => takes.includes('[-o ')).map(({ words }) => words),
  )
  return { onward, last, printing }
}

const SCRIPTS: Record<Shell, (steps: Steps) => string> = {
  bash: (steps) => `_agentport() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]} offers=
  case $prev in -o|--output) COMPREPLY=($(compgen -W '${FORMATS}' -- "$cur")); return ;; esac
  case "\${COMP_WORDS[*]:1:COMP_CWORD-1}" in
${cases(steps, (words) => `    ${words.pattern}) offers='${words.offers}' ;;`)}
  esac
  COMPREPLY=($(compgen -W "$offers" -- "$cur"))
}
complete -o default -F _agentport ${NAMES.join(' ')}
`,
  zsh: (steps) => `#compdef ${NAMES.join(' ')}
_agentport() {
  case $words[CURRENT-1] in -o|--output) compadd -- ${FORMATS}; return ;; esac
  case "\${words[2,CURRENT-1]}" in
${cases(steps, (words) => `    ${words.pattern}) compadd -- ${words.offers} ;;`)}
  esac
  [[ $compstate[nmatches] -gt 0 ]] || _files
}
compdef _agentport ${NAMES.join(' ')}
`,
  fish: ({ onward, last, printing }) => `function __agentport_at
  set -l typed (commandline -opc)[2..-1]
  test "$typed" = "$argv[1]"
end
function __agentport_in
  set -l typed (commandline -opc)[2..-1]
  string match -q -- "$argv[1] *" "$typed "
end
for name in ${NAMES.join(' ')}
${[...onward].map(([before, next]) => fishLine(`__agentport_at '${before}'`, [...next])).join('\n')}
${[...last].map(([words, offers]) => fishLine(`__agentport_in '${words}'`, offers)).join('\n')}
${printing.map((words) => `  complete -c $name -s o -l output -x -a '${FORMATS}' -n "__agentport_in '${words}'"`).join('\n')}
end
`,
}

const fishLine = (condition: string, offers: string[]): string =>
  `  complete -c $name -f -n "${condition}" -a '${offers.join(' ')}'`

/** Commands first: what follows one of them are its own arguments, whatever they look like. */
function cases({ onward, last }: Steps, line: (words: { pattern: string; offers: string }) => string): string {
  const ofCommands = [...last].map(([words, offers]) =>
    line({ pattern: `'${words}'|'${words} '*`, offers: offers.join(' ') }),
  )
  const ofPrefixes = [...onward].map(([before, next]) => line({ pattern: `'${before}'`, offers: [...next].join(' ') }))
  return [...ofCommands, ...ofPrefixes].join('\n')
}
