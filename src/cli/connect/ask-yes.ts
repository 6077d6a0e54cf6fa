import { createInterface } from 'node:readline'
import { Interrupted } from '../agent/agent-command.ts'

/** Whether the person at the terminal says yes; where there is none nobody does. @throws Interrupted */
export async function askYes(question: string, interrupted: AbortSignal): Promise<boolean> {
  if (!process.stdin.isTTY) return false
  const terminal = createInterface({ input: process.stdin, output: process.stderr })
  try {
    return await new Promise<boolean>((resolve, reject) => {
      terminal.once('SIGINT', () => reject(new Interrupted('SIGINT')))
      terminal.once('close', () => resolve(false))
      interrupted.addEventListener('abort', () => reject(interrupted.reason), { once: true })
      terminal.question(`${question} [y/N] `, (answer) => resolve(/^y(es)?$/i.test(answer.trim())))
    })
  } finally {
    terminal.close()
  }
}
