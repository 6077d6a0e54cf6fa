// `agentport serve` with a clock that is off from this machine's by as many milliseconds as the first argument, and then the last line
// on standard input, says.

import { serveCommand } from '../../src/cli/serve.ts'
import { clockReading } from '../../src/lib/clock.ts'

const [offset, ...args] = process.argv.slice(2)
let offsetMs = Number(offset)

async function follow(lines: AsyncIterable<string>): Promise<void> {
  for await (const line of lines) offsetMs = Number(line)
}
void follow(console)

await serveCommand(
  args,
  clockReading(() => Date.now() + offsetMs),
)
process.exit(0)
