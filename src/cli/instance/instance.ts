import { ConfigError, type Environment, readOrigin, readVariable } from '../../server/server.ts'
import { CommandError } from '../output.ts'
import { readSettings, settingsPath } from './settings-file.ts'

/** Which AgentPort the agent commands speak to, and as whom. */
export interface Instance {
  origin: string
  /** Null: not signed in. */
  key: string | null
  /** Where the key is from, in words; null without one. */
  keyFrom: string | null
}

const DEFAULT_ORIGIN = 'http://localhost:4747'
/** The second is the original's, so that what was written for it goes on working. */
const URL_VARIABLES = ['AGENTPORT_INSTANCE_URL', 'AGENT_PORT_URL']
export const KEY_VARIABLE = 'AGENTPORT_API_KEY'

/** The environment beats the file. @throws CommandError, ConfigError */
export function readInstance(environment: Environment): Instance {
  const { origin, variable } = readInstanceOrigin(environment)
  const key = readVariable(KEY_VARIABLE, environment)?.trim()
  if (key) return { origin, key: asKey(key, KEY_VARIABLE), keyFrom: KEY_VARIABLE }
  const { api_key: saved } = readSettings(environment)
  if (saved === undefined) return { origin, key: null, keyFrom: null }
  // A key goes only to the instance that it was entered for.
  const ofFile = originOfFile(environment)
  if (origin !== ofFile) {
    throw new CommandError(
      `The saved key is for ${ofFile}, and ${variable} says ${origin}. Set ${KEY_VARIABLE} as well, or sign in to the other one with "agentport auth login".`,
    )
  }
  return { origin, key: asKey(saved, 'The saved key'), keyFrom: settingsPath(environment) }
}

/** What a header can hold; anything else would look like a link that broke. @throws CommandError that begins with `name`, and repeats no letter. */
export function asKey(text: string, name: string): string {
  const key = text.trim()
  if (/^[\x21-\x7e]+$/.test(key)) return key
  throw new CommandError(`${name} is no API key: one begins with "ap_" and is a single word of plain letters.`)
}

/** @returns the variable that says so too; null when none does. @throws CommandError, ConfigError */
export function readInstanceOrigin(environment: Environment): { origin: string; variable: string | null } {
  for (const variable of URL_VARIABLES) {
    const text = readVariable(variable, environment)
    if (text !== null) return { origin: originOf(text, variable, environment), variable }
  }
  return { origin: originOfFile(environment), variable: null }
}

const originOfFile = (environment: Environment): string =>
  originOf(readSettings(environment).instance_url ?? DEFAULT_ORIGIN, settingsPath(environment), environment)

/** The address of /mcp, which our pages show, is as good as the origin. @throws ConfigError that begins with `name`. */
export function originOf(text: string, name: string, environment: Environment): string {
  try {
    return readOrigin(text.trim().replace(/\/mcp\/?$/, ''), environment).origin
  } catch (error) {
    if (error instanceof ConfigError) throw new ConfigError(`${name} ${error.message}`)
    throw error
  }
}

/** Enough to tell keys apart, as pages show them. */
export const maskKey = (key: string): string => `${key.slice(0, 9)}…`
