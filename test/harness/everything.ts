import { createServer } from 'node:net'

export interface Process {
  url: string
  stop(): Promise<void>
}

/** A free port of this machine, as far as one can know beforehand; any, or the one that is wanted. */
export function freePort(wanted = 0): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer().once('error', reject)
    probe.listen(wanted, '127.0.0.1', () => {
      const address = probe.address()
      probe.close(() => resolve(typeof address === 'object' && address ? address.port : 0))
    })
  })
}

/** The MCP project's own reference server, as a real process over Streamable HTTP. */
export async function startEverything(): Promise<Process> {
  const port = await freePort()
  const script = Bun.resolveSync('@modelcontextprotocol/server-everything/dist/index.js', import.meta.dir)
  const child = Bun.spawn([process.execPath, script, 'streamableHttp'], {
    env: { ...process.env, PORT: String(port) },
    stdio: ['ignore', 'ignore', 'ignore'],
  })
  const url = `http://127.0.0.1:${port}/mcp`
  await until(() => fetch(url).then(() => true), 15_000)
  return {
    url,
    async stop() {
      child.kill()
      await child.exited
    },
  }
}

/** Asks again and again until `check` gives a truthy value. */
export async function until<T>(
  check: () => T | Promise<T>,
  timeoutMs = 5_000,
): Promise<Exclude<NonNullable<T>, false>> {
  const end = performance.now() + timeoutMs
  for (;;) {
    try {
      const value = await check()
      if (value) return value as Exclude<NonNullable<T>, false>
    } catch (error) {
      if (performance.now() > end) throw error
    }
    if (performance.now() > end) throw new Error(`Not within ${timeoutMs} ms: ${check}`)
    await Bun.sleep(10)
  }
}
