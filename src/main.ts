import { runCli } from './cli/cli.ts'

// Whatever this process writes is its owner's alone.
process.umask(0o077)
const code = await runCli(process.argv.slice(2))
// A pipe takes 64 KB at a time: to exit before it has been read would cut a long result off.
await new Promise<void>((resolve) => process.stdout.end(resolve))
process.exit(code)
