import { Interrupted } from './agent-command.ts'

const CTRL_C = '\u0003'
const CTRL_D = '\u0004'
const BACKSPACE = /[\b\u007f]/

/** What a person types at the terminal, without showing it. @throws Interrupted */
export function askSecret(prompt: string): Promise<string> {
  const { stdin } = process
  process.stderr.write(prompt)
  stdin.setRawMode(true)
  stdin.resume()
  let typed = ''
  return new Promise<string>((resolve, reject) => {
    const take = (chunk: Buffer) => {
      for (const letter of chunk.toString()) {
        if (letter === CTRL_C) return done(() => reject(new Interrupted('SIGINT')))
        if (letter === '\r' || letter === '\n' || letter === CTRL_D) return done(() => resolve(typed))
        typed = BACKSPACE.test(letter) ? typed.slice(0, -1) : typed + letter
      }
    }
    const done = (end: () => void) => {
      stdin.off('data', take)
      stdin.setRawMode(false)
      stdin.pause()
      process.stderr.write('\n')
      end()
    }
    stdin.on('data', take)
  })
}
