import { Person } from './person.ts'
import { type Program, run, type Server, serveProgram } from './program.ts'
import { tempDir } from './temp-dir.ts'

const EMAIL = 'me@example.org'
const PASSWORD = 'a good long password'

/** `agentport serve` as a process over its own data, which a test may kill and start again at the same address. */
export interface OwnServer {
  origin: string
  key: string
  home: string
  /** As the machine would. */
  kill(): Promise<void>
  startAgain(): Promise<void>
  person(): Promise<Person>
  stop(): Promise<void>
}

/** With one user, one key, and the server at `url` connected as `bank`. */
export async function ownServer(program: Program, url: string): Promise<OwnServer> {
  const data = tempDir()
  const admin = async (args: string[], stdin?: string) => {
    const options = { program, ...(stdin === undefined ? {} : { stdin }) }
    const { code, stdout, stderr } = await run(['admin', ...args, '--data', data.path], options)
    if (code !== 0) throw new Error(`admin ${args.join(' ')}: ${stderr}`)
    return stdout.trim()
  }
  const serve = (port: string) => serveProgram(['--data', data.path, '--port', port], { program })
  await admin(['user', 'add', EMAIL, '--password-stdin'], PASSWORD)
  await admin(['integration', 'add', 'custom', '--as', 'bank', '--url', url, '--no-auth', '--allow-private-network'])
  const key = await admin(['key', 'create', 'agent'])
  let server: Server = await serve('0')
  const { origin } = server
  return {
    origin,
    key,
    home: data.path,
    kill: async () => void (await server.end('SIGKILL')),
    async startAgain() {
      server = await serve(new URL(origin).port)
    },
    person: () => new Person(origin, EMAIL, PASSWORD).signIn(),
    async stop() {
      await server.end()
      data.remove()
    },
  }
}
