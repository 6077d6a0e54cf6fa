import { Interrupted } from './agent-command.ts'

const CTRL_C = '\u0003'
const CTRL_D = '\u0004'
const BACKSPACE = /[\b\u007f]/

/** What a person types at the terminal, without showing it. @throws Interrupted */
export function askSecret(prompt: string, interrupted: AbortSignal): Promise<string> {
  const { stdin } = process
  // First: what is typed at once would be shown.
  stdin.setRawMode(true)
  stdin.resume()
  process.stderr.write(prompt)
  let typed = ''
  return new Promise<string>((resolve, reject) => {
    const take = (chunk: Buffer) => {
      for (const letter of chunk.toString()) {
        if (letter === CTRL_C) return done(() => reject(new Interrupted('SIGINT')))
        if (letter === '\r' || letter === '\n' || letter === CTRL_D) return done(() => resolve(typed))
        typed = BACKSPACE.test(letter) ? typed.slice(0, -1) : typed + letter
      }
    }
    const stop = () => done(() => reject(interrupted.reason))
    const done = (end: () => void) => {
      interrupted.removeEventListener('abort', stop)
      stdin.off('data', take)
      stdin.setRawMode(false)
      stdin.pause()
      process.stderr.write('\n')
      end()
    }
    interrupted.addEventListener('abort', stop, { once: true })
    stdin.on('data', take)
  })
}
