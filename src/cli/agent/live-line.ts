import { oneLine } from '../../lib/logger.ts'

const FRAMES = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏']
const FRAME_MS = 120

/** One line at the foot of a terminal that shows that something goes on, and for how long; on anything else nothing at all. */
export function liveLine(
  words: string,
  elapsedMs: () => number,
  stream: NodeJS.WriteStream = process.stderr,
): { end(): void } {
  if (stream.isTTY !== true || process.env.TERM === 'dumb') return { end() {} }
  let turn = 0
  const draw = () => {
    const seconds = Math.floor(elapsedMs() / 1000)
    const time = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`
    // One that wrapped could not be taken back.
    const room = Math.max(0, (stream.columns || 80) - 1)
    const line = `${FRAMES[turn++ % FRAMES.length]} ${time} ${oneLine(words)}`.slice(0, room)
    stream.write(`\r\u001b[2K${line}`)
  }
  draw()
  const timer = setInterval(draw, FRAME_MS)
  return {
    end() {
      clearInterval(timer)
      stream.write('\r\u001b[2K')
    },
  }
}
