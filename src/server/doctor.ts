import { existsSync, readdirSync, readFileSync, statfsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { MASTER_KEY_FILE } from '../vault/vault.ts'
import { type Config, isLoopbackName } from './config.ts'

/** One thing looked at, and what to do about it if it is not well. */
export interface Finding {
  about: string
  level: 'ok' | 'warn' | 'fail'
  text: string
}

const ok = (about: string, text: string): Finding => ({ about, level: 'ok', text })
const warn = (about: string, text: string): Finding => ({ about, level: 'warn', text })
const fail = (about: string, text: string): Finding => ({ about, level: 'fail', text })

const LOW_DISK_BYTES = 500 * 1024 * 1024
/** File systems on which SQLite's locks cannot be relied on, by the kernel's magic numbers. */
const NETWORK_FILESYSTEMS: { [magic: number]: string } = {
  26985: 'NFS',
  20859: 'SMB',
  4283649346: 'CIFS',
  4266872130: 'SMB2',
  16914839: '9p',
}
/** Program names of well-known agents. */
const AGENTS = /^(claude|codex|cursor|gemini|goose|aider|opencode|openclaw|windsurf|code)$/i

/** What can be told from outside the database: files, machine, settings. */
export function examineSurroundings(config: Config, keyFromEnvironment: boolean): Finding[] {
  const { dataDir } = config
  if (!existsSync(dataDir)) return [warn('data directory', `${dataDir} does not exist yet; the first start makes it.`)]
  return [
    permissions(dataDir),
    masterKey(dataDir, keyFromEnvironment),
    sameUserAgents(),
    disk(dataDir),
    filesystem(dataDir),
    ...origin(config),
  ]
}

/** @param lastEventAt when the record was last written to. */
export function examineClock(now: number, lastEventAt: number | null): Finding {
  const ahead = lastEventAt === null ? 0 : lastEventAt - now
  if (ahead > 60_000)
    return warn(
      'clock',
      `The last logged event lies ${Math.round(ahead / 1000)} s in the future: the clock was set back. Waiting requests live that much longer.`,
    )
  return ok('clock', 'The clock is not behind the log.')
}

function permissions(dataDir: string): Finding {
  const open = [dataDir, ...readdirSync(dataDir).map((name) => join(dataDir, name))].filter(
    (path) => (statSync(path).mode & 0o077) !== 0,
  )
  if (open.length > 0)
    return fail('permissions', `Others may read or write ${open.join(', ')}. Run: chmod -R go= ${dataDir}`)
  return ok(
    'permissions',
    'Only its owner can read the data directory. Whoever can write it is the owner of everything in it.',
  )
}

function masterKey(dataDir: string, fromEnvironment: boolean): Finding {
  const inFile = existsSync(join(dataDir, MASTER_KEY_FILE))
  if (fromEnvironment && inFile)
    return warn(
      'master key',
      `AGENTPORT_MASTER_KEY is set, and ${MASTER_KEY_FILE} lies beside the data too. Remove the one that is not used.`,
    )
  if (fromEnvironment) return ok('master key', 'It comes from the environment.')
  return ok('master key', `It lies beside the data in ${MASTER_KEY_FILE}: keep it apart from backups.`)
}

/** An agent that runs as our own user can read the master key and this process's memory. */
function sameUserAgents(): Finding {
  const found = new Set<string>()
  const me = process.getuid?.()
  for (const pid of existsSync('/proc') ? readdirSync('/proc').filter((name) => /^\d+$/.test(name)) : []) {
    try {
      const name = readFileSync(`/proc/${pid}/comm`, 'utf8').trim()
      if (AGENTS.test(name) && statSync(`/proc/${pid}`).uid === me) found.add(name)
    } catch {
      // It ended while we looked.
    }
  }
  if (found.size > 0)
    return warn(
      'agents',
      `${[...found].join(', ')} run as the same user as this command. Run agents as another user: this one can read the master key.`,
    )
  return ok('agents', 'No well-known agent program runs as this user.')
}

function disk(dataDir: string): Finding {
  const { bavail, bsize } = statfsSync(dataDir)
  const megabytes = Math.round((bavail * bsize) / 1024 / 1024)
  if (bavail * bsize < LOW_DISK_BYTES)
    return warn(
      'disk',
      `Only ${megabytes} MB are free where the data lies; on a full disk nothing can be approved or logged.`,
    )
  return ok('disk', `${megabytes} MB are free.`)
}

function filesystem(dataDir: string): Finding {
  const name = NETWORK_FILESYSTEMS[statfsSync(dataDir).type]
  if (name)
    return fail(
      'filesystem',
      `The data lies on ${name}, where database locks cannot be relied on. Move it to a local disk.`,
    )
  return ok('filesystem', 'The data lies on a local file system.')
}

function origin({ host, publicOrigin, trustedProxies }: Config): Finding[] {
  const isLocal = isLoopbackName(host)
  if (!publicOrigin) {
    return isLocal
      ? [ok('origin', 'Reached at localhost only.')]
      : [fail('origin', `It listens on ${host} but links say localhost. Set --url to the address that people use.`)]
  }
  const findings: Finding[] = []
  const behindProxy = publicOrigin.protocol === 'https:'
  if (!behindProxy && !isLoopbackName(publicOrigin.hostname)) {
    findings.push(
      warn('origin', `${publicOrigin.origin} is plain http: passwords and keys travel readable. Put https in front.`),
    )
  }
  if (behindProxy && trustedProxies.length === 0) {
    findings.push(
      warn(
        'proxy',
        'AGENTPORT_TRUSTED_PROXIES is not set: behind a proxy every caller is logged, and slowed after wrong passwords, as the proxy.',
      ),
    )
  }
  return findings.length > 0 ? findings : [ok('origin', `Reached at ${publicOrigin.origin}.`)]
}
