import { runCli } from './cli/cli.ts'

// Whatever this process writes is its owner's alone.
process.umask(0o077)
process.exit(await runCli(process.argv.slice(2)))
