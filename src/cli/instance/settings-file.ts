import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { homedir } from 'node:os'
import { dirname, isAbsolute, join } from 'node:path'
import { z } from 'zod'
import type { Environment } from '../../server/server.ts'
import { CommandError } from '../output.ts'

/** What a person has said once for all agent commands on this machine. */
const SettingsSchema = z.object({
  instance_url: z.string().optional(),
  api_key: z.string().optional(),
  output_format: z.string().optional(),
})
export type Settings = z.infer<typeof SettingsSchema>

/** Where this platform keeps what programs are told. XDG counts everywhere it is set. */
export function settingsPath(environment: Environment, platform: NodeJS.Platform = process.platform): string {
  return join(configFolder(environment, platform), 'agentport', 'config.json')
}

export function configFolder(environment: Environment, platform: NodeJS.Platform): string {
  const { XDG_CONFIG_HOME: xdg, APPDATA: appData } = environment
  // The specification has relative paths ignored.
  if (xdg && isAbsolute(xdg)) return xdg
  const home = homeFolder(environment)
  if (platform === 'win32') return appData || join(home, 'AppData', 'Roaming')
  return platform === 'darwin' ? join(home, 'Library', 'Application Support') : join(home, '.config')
}

export const homeFolder = ({ HOME, USERPROFILE }: Environment): string => HOME || USERPROFILE || homedir()

/** @throws CommandError when the file is there and cannot be read. */
export function readSettings(environment: Environment): Settings {
  const path = settingsPath(environment)
  if (!existsSync(path)) return {}
  try {
    return SettingsSchema.parse(JSON.parse(readFileSync(path, 'utf8')))
  } catch {
    throw new CommandError(`${path} cannot be read as settings. Mend it, or remove it and sign in again.`)
  }
}

/** What is undefined in `change` is forgotten; the rest stays. The file holds a key, so it is its owner's alone. */
export function changeSettings(
  environment: Environment,
  change: { [name in keyof Settings]: string | undefined },
): void {
  const path = settingsPath(environment)
  const settings = { ...readSettings(environment), ...change }
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  writePrivately(path, `${JSON.stringify(settings, null, 2)}\n`)
}

/** Whole or not at all, mode 0600 from the first byte, and through a link to where the file really is. */
export function writePrivately(path: string, text: string, mode = 0o600): void {
  const target = existsSync(path) ? realpathSync(path) : path
  const fresh = `${target}.${process.pid}.new`
  try {
    writeFileSync(fresh, text, { mode, flush: true })
    // The umask may have taken away what an existing file's mode allows.
    chmodSync(fresh, mode)
    keepOwner(fresh, target)
    renameSync(fresh, target)
  } catch (error) {
    // It may hold a key.
    rmSync(fresh, { force: true })
    throw error
  }
}

/** What root writes for somebody, as under sudo, would else be closed to the one whose it is. */
function keepOwner(fresh: string, target: string): void {
  if (process.geteuid?.() !== 0) return
  const { uid, gid } = statSync(existsSync(target) ? target : dirname(target))
  chownSync(fresh, uid, gid)
}
