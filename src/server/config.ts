import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import ipaddr from 'ipaddr.js'
import { isLoopback } from '../lib/addresses.ts'
import { parseMasterKey } from '../vault/vault.ts'

/** How the program was told to run. The master key is not part of it: secrets travel apart from settings. */
export interface Config {
  dataDir: string
  host: string
  /** 0 asks for any free port. */
  port: number
  /** Null until the port is known: then `http://localhost:<port>`. */
  publicOrigin: URL | null
  trustedProxies: readonly string[]
  /** NODE_ENV says so: there is a page then that shows every part of the pages. */
  development: boolean
}

/** What is wrong with a setting, in one sentence that names it. */
export class ConfigError extends Error {}

export type Flags = { [name in 'data' | 'host' | 'port' | 'url']?: string | undefined }
export type Environment = { [name: string]: string | undefined }

interface Setting<T> {
  flag: keyof Flags | null
  variable: string
  fallback: T
  /** Throws the end of a sentence that begins with the setting's name. */
  read(text: string, environment: Environment): T
}

const setting = <T>(row: Setting<T>): Setting<T> => row

const SETTINGS = {
  dataDir: setting({ flag: 'data', variable: 'AGENTPORT_DATA', fallback: './data', read: readFolder }),
  host: setting({ flag: 'host', variable: 'AGENTPORT_HOST', fallback: 'localhost', read: readHost }),
  port: setting({ flag: 'port', variable: 'AGENTPORT_PORT', fallback: 4747, read: readPort }),
  publicOrigin: setting<URL | null>({ flag: 'url', variable: 'AGENTPORT_URL', fallback: null, read: readOrigin }),
  trustedProxies: setting<string[]>({
    flag: null,
    variable: 'AGENTPORT_TRUSTED_PROXIES',
    fallback: [],
    read: readNetworks,
  }),
}

/** A flag beats the variable, which beats its `_FILE` twin's content, which beats the default. @throws ConfigError */
export function readConfig(flags: Flags, environment: Environment): Config {
  const value = <T>(row: Setting<T>): T => {
    const flagged = row.flag === null ? undefined : flags[row.flag]
    if (flagged !== undefined) return parse(row, `--${row.flag}`, flagged, environment)
    const text = readVariable(row.variable, environment)
    return text === null ? row.fallback : parse(row, row.variable, text, environment)
  }
  return {
    dataDir: resolve(value(SETTINGS.dataDir)),
    host: value(SETTINGS.host),
    port: value(SETTINGS.port),
    publicOrigin: value(SETTINGS.publicOrigin),
    trustedProxies: value(SETTINGS.trustedProxies),
    development: environment.NODE_ENV === 'development',
  }
}

/** Null when the key is to be kept in the data directory. @throws ConfigError */
export function readMasterKey(environment: Environment): Buffer | null {
  const text = readVariable('AGENTPORT_MASTER_KEY', environment)
  if (text === null) return null
  const key = parseMasterKey(text)
  if (!key)
    throw new ConfigError(
      'AGENTPORT_MASTER_KEY must be base64 of exactly 32 bytes; "openssl rand -base64 32" makes one.',
    )
  return key
}

/** Null when neither the variable nor its `_FILE` twin is set. @throws ConfigError */
export function readVariable(name: string, environment: Environment): string | null {
  const direct = environment[name]
  const file = environment[`${name}_FILE`]
  if (direct && file) throw new ConfigError(`${name} and ${name}_FILE are both set; set only one of them.`)
  if (direct) return direct
  if (!file) return null
  if (!existsSync(file)) throw new ConfigError(`${name}_FILE names ${file}, which does not exist.`)
  try {
    return readFileSync(file, 'utf8').trim()
  } catch {
    throw new ConfigError(`${name}_FILE names ${file}, which cannot be read.`)
  }
}

function parse<T>(row: Setting<T>, name: string, text: string, environment: Environment): T {
  try {
    return row.read(text, environment)
  } catch (error) {
    if (error instanceof ConfigError) throw new ConfigError(`${name} ${error.message}`)
    throw error
  }
}

function readFolder(text: string): string {
  if (text === '') throw new ConfigError('must name a folder.')
  return text
}

function readHost(text: string): string {
  if (text !== 'localhost' && !ipaddr.isValid(text)) {
    throw new ConfigError('must be "localhost" or an IP address to listen on, such as 0.0.0.0.')
  }
  return text
}

function readPort(text: string): number {
  const port = Number(text)
  if (!/^\d+$/.test(text) || port > 65_535) throw new ConfigError('must be a port from 0 (any free one) to 65535.')
  return port
}

/** @throws ConfigError whose message is the end of a sentence that begins with the setting's name. */
export function readOrigin(text: string, environment: Environment): URL {
  const url = URL.canParse(text) ? new URL(text) : null
  if (
    !url ||
    !['http:', 'https:'].includes(url.protocol) ||
    url.username ||
    url.password ||
    url.pathname !== '/' ||
    url.search ||
    url.hash
  ) {
    throw new ConfigError('must be an origin such as https://agentport.example.org, without a path.')
  }
  if (url.protocol === 'http:' && !isLoopbackName(url.hostname) && environment.AGENTPORT_ALLOW_PLAIN_HTTP !== '1') {
    throw new ConfigError(
      'is plain http on a name that is not this machine: passwords and keys would travel readable. Use https, or set AGENTPORT_ALLOW_PLAIN_HTTP=1.',
    )
  }
  return url
}

function readNetworks(text: string): string[] {
  const networks = text
    .split(',')
    .map((each) => each.trim())
    .filter(Boolean)
  for (const network of networks) {
    if (!ipaddr.isValidCIDR(network))
      throw new ConfigError(`must be a list of networks such as 10.0.0.0/8, but holds ${JSON.stringify(network)}.`)
  }
  return networks
}

export const isLoopbackName = (hostname: string): boolean =>
  hostname === 'localhost' || hostname.endsWith('.localhost') || isLoopback(hostname.replace(/^\[|\]$/g, ''))
