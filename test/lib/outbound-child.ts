import { createOutbound } from '../../src/lib/outbound.ts'

/** Run by outbound.test.ts with an environment of its own: asks for each URL given, and prints how that ended. */
const outbound = createOutbound({ resolve: async () => ['127.0.0.1'] })
for (const text of process.argv.slice(2)) {
  const url = new URL(text)
  try {
    const response = await outbound(url, { method: 'POST', body: '{}' }, { allowedPrivate: url.host, maxBytes: 1_000 })
    console.log(`${response.status} ${await response.text()}`)
  } catch (error) {
    console.log(`${(error as Error).constructor.name} ${(error as { reason?: string }).reason}`)
  }
}
