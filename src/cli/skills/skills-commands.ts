import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { SKILL_FILE, SKILLS } from '../../skills/skills.ts'
import { agentCommand } from '../agent/agent-command.ts'
import { fittedTable } from '../agent/human-text.ts'
import { type Arguments, stringOption } from '../arguments.ts'
import { CLIENTS } from '../connect/clients.ts'
import { isHere, type Places, placesOf } from '../connect/places.ts'
import { CommandError } from '../output.ts'

const READERS = CLIENTS.filter((client) => client.skills(placesOf({})) !== null)

export const skillsList = agentCommand({
  words: 'skills list',
  takes: '',
  about: 'What an agent can be taught about AgentPort.',
  example: 'agentport skills list',
  async act({ out }) {
    const rows = SKILLS.map(({ name, description }) => ({ name, description }))
    out.result(rows, (screen) =>
      fittedTable(
        ['NAME', 'DESCRIPTION'],
        rows.map(({ name, description }) => [name, description]),
        screen,
      ),
    )
    return 0
  },
})

export const skillsInstall = agentCommand({
  words: 'skills install',
  takes: '[--client CLIENT]… [--dir FOLDER]',
  about: `Puts the skills where agents on this machine look for theirs: those that are here, or the ones named (${READERS.map(({ id }) => id).join(', ')}), or a folder. What an earlier version put there is replaced.`,
  example: 'agentport skills install --client claude-code',
  options: { client: { type: 'string', multiple: true }, dir: { type: 'string' } },
  async act({ args, out }) {
    const rows = folders(args).flatMap((folder) =>
      SKILLS.map(({ name, text }) => {
        const file = join(folder, name, SKILL_FILE)
        const isThere = existsSync(file) && readFileSync(file, 'utf8') === text
        if (!isThere) {
          mkdirSync(dirname(file), { recursive: true })
          writeFileSync(file, text)
        }
        return { skill: name, file, changed: !isThere }
      }),
    )
    out.result(rows, (screen) =>
      fittedTable(
        ['SKILL', 'STATE', 'FILE'],
        rows.map(({ skill, file, changed }) => [skill, changed ? 'installed' : 'unchanged', file]),
        screen,
      ),
    )
    return 0
  },
})

/** Each once, however many clients share it. @throws CommandError */
function folders(args: Arguments): string[] {
  const places = placesOf(process.env)
  const dir = stringOption(args, 'dir')
  const named = Array.isArray(args.values.client) ? args.values.client : []
  if (dir !== undefined && named.length === 0) return [resolve(dir)]
  const wanted =
    named.length > 0 ? named.map(readerOf) : READERS.filter((client) => isHere(places, client.signs(places)))
  const found = wanted.map((client) => client.skills(places)).filter((folder) => folder !== null)
  // What the standard has for whoever comes later.
  return [...new Set(found.length > 0 ? found : [sharedFolder(places)]), ...(dir === undefined ? [] : [resolve(dir)])]
}

const sharedFolder = ({ home }: Places): string => join(home, '.agents', 'skills')

function readerOf(id: string) {
  const client = READERS.find((each) => each.id === id)
  if (client) return client
  throw new CommandError(
    `Skills are installed for ${READERS.map((each) => each.id).join(', ')}, not for ${JSON.stringify(id)}. --dir names any other folder.`,
  )
}
