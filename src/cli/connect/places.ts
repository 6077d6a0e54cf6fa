import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Environment } from '../../server/server.ts'
import { homeFolder } from '../instance/settings-file.ts'

/** Where programs keep their things for this person on this machine. */
export interface Places {
  platform: NodeJS.Platform
  environment: Environment
  home: string
  /** Of programs with windows: each platform has its own. */
  appData: string
}

export function placesOf(environment: Environment, platform: NodeJS.Platform = process.platform): Places {
  const home = homeFolder(environment)
  const appData: Partial<Record<NodeJS.Platform, string>> = {
    darwin: join(home, 'Library', 'Application Support'),
    win32: environment.APPDATA || join(home, 'AppData', 'Roaming'),
  }
  return {
    platform,
    environment,
    home,
    appData: appData[platform] ?? (environment.XDG_CONFIG_HOME || join(home, '.config')),
  }
}

/** Whether one of these folders is there, or the program on the path. */
export const isHere = (
  { environment }: Places,
  { folders, program }: { folders: string[]; program?: string },
): boolean =>
  folders.some((folder) => existsSync(folder)) ||
  (program !== undefined && Bun.which(program, { PATH: environment.PATH ?? '' }) !== null)
