// Checks, builds, tests; stops at the first of them that fails; always ends with the line "N passed, N failed".
// The check and the build count as one each; the rest are bun test's own figures.
// A test that did not run proves nothing: skipped and todo count as failed, and so does a run without tests.

import { availableParallelism } from 'node:os'

const BUN = process.execPath
let passed = 0
let failed = 0

function finish(message?: string): never {
  if (message !== undefined) console.log(`\n${message}`)
  console.log(`${passed} passed, ${failed} failed`)
  process.exit(failed === 0 && passed > 0 ? 0 : 1)
}

async function step(script: string) {
  console.log(`bun run ${script}`)
  const child = Bun.spawn([BUN, 'run', '--silent', script], { stdio: ['ignore', 'inherit', 'inherit'] })
  if ((await child.exited) === 0) {
    passed += 1
    return
  }
  failed += 1
  finish(`bun run ${script} failed; what comes after it was not run.`)
}

await step('check')
await step('build')

// Worker processes, even on a single core: a file that leaks, hangs or exits harms only itself, while in a single process
// `process.exit(0)` in a test ends the whole run with success. Four at most: the tests start servers and browsers.
const workers = Math.max(2, Math.min(availableParallelism(), 4))
const command = [BUN, 'test', `--parallel=${workers}`, '--timeout=20000', ...process.argv.slice(2)]
console.log(['bun', ...command.slice(1)].join(' '))
// CI=true makes bun test refuse `test.only` and unwritten snapshots.
const tests = Bun.spawn(command, {
  stdio: ['ignore', 'inherit', 'pipe'],
  env: { ...process.env, CI: 'true', NODE_ENV: 'test' },
})

let report = ''
for await (const chunk of tests.stderr.pipeThrough(new TextDecoderStream())) {
  process.stderr.write(chunk)
  report += chunk
}
const exitCode = await tests.exited

// The figures stand in the last block of lines; a test may print lines that look like them before.
const text = Bun.stripANSI(report)
const summary = text.slice(text.lastIndexOf('\n\n'))
const figure = (word: string) => Number(summary.match(new RegExp(`^ *(\\d+) ${word}s?$`, 'm'))?.[1] ?? 0)
const ran = Number(summary.match(/^Ran (\d+) tests? across/m)?.[1] ?? 0)
const skipped = figure('skip') + figure('todo')
const broken = Math.max(figure('fail'), figure('error'))
passed += figure('pass')
failed += broken + skipped

if (ran === 0) {
  failed += 1
  finish(`No test ran, or the run ended before its summary (code ${exitCode}).`)
}
if (exitCode !== 0 && broken === 0) {
  failed += 1
  finish(`bun test ended with code ${exitCode} although no test failed.`)
}
finish(skipped === 0 ? undefined : `${skipped} skipped: a skipped test counts as failed.`)
