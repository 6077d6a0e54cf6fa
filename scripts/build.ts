// Builds the one executable: `bun run build` for this machine, `bun run build --all` for every target.
// The runtime of a foreign target is an npm package of the same Bun version; Bun fetches and keeps it, so the first
// --all needs npm's registry and nothing else, and a build for this machine needs no network at all.

import { rmSync } from 'node:fs'
import { basename, join } from 'node:path'
import { createCatalogue } from '../src/catalogue/catalogue.ts'

const TARGETS = {
  'linux-x64': 'bun-linux-x64',
  'linux-arm64': 'bun-linux-arm64',
  'linux-x64-musl': 'bun-linux-x64-musl',
  'linux-arm64-musl': 'bun-linux-arm64-musl',
  'darwin-x64': 'bun-darwin-x64',
  'darwin-arm64': 'bun-darwin-arm64',
  'windows-x64': 'bun-windows-x64',
} as const satisfies Record<string, Bun.Build.CompileTarget>

const ROOT = join(import.meta.dir, '..')

// A binary whose catalogue is broken would not start.
createCatalogue()

async function build(name: string, target?: Bun.Build.CompileTarget) {
  const result = await Bun.build({
    entrypoints: [join(ROOT, 'src/main.ts')],
    target: 'bun',
    format: 'esm', // bytecode with top-level await needs it
    minify: true,
    bytecode: true, // a third of the start-up time
    // The map travels inside the binary (0.5 MB), so a logged stack names our files and lines instead of minified columns.
    sourcemap: 'external',
    // Bun.build leaves this at "development" where the command line would not: preact would render with its debug runtime.
    // Nor may a binary know how to die at a named step; that is for the crash test, which runs the sources.
    define: { 'process.env.NODE_ENV': '"production"', 'process.env.AGENTPORT_FAIL_POINTS': '""' },
    compile: {
      ...(target === undefined ? {} : { target }),
      outfile: join(ROOT, 'dist', name),
      // An appliance must not obey a file that happens to lie in the folder it is started from.
      autoloadDotenv: false,
      autoloadBunfig: false,
      autoloadTsconfig: false,
      autoloadPackageJson: false,
    },
    throw: false,
  })
  const executable = result.outputs[0]
  if (!result.success || executable === undefined) {
    throw new Error(result.logs.map((log) => Bun.inspect(log)).join('\n') || 'Bun gave no reason.')
  }
  // The copy of the map beside the binary is not needed; dist holds executables only.
  for (const { path } of result.outputs.slice(1)) rmSync(path, { force: true })
  console.log(`dist/${basename(executable.path)}  ${(Bun.file(executable.path).size / 1e6).toFixed(1)} MB`)
}

const args = process.argv.slice(2)
const unknown = args.find((arg) => arg !== '--all')
if (unknown !== undefined) {
  console.error(`Unknown argument ${unknown}. Use: bun run build [--all]`)
  process.exit(1)
}

const builds: [string, Bun.Build.CompileTarget?][] = args.includes('--all')
  ? Object.entries(TARGETS).map(([name, target]) => [`agentport-${name}`, target])
  : [['agentport']]

for (const [name, target] of builds) {
  try {
    await build(name, target)
  } catch (error) {
    console.error(`dist/${name} could not be built: ${error instanceof Error ? error.message : String(error)}`)
    if (target !== undefined) {
      console.error(
        `If it is the runtime that is missing: ${target} of Bun ${Bun.version} comes from npm, on the first build.`,
      )
    }
    process.exit(1)
  }
}
