const USUAL = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']

/** Without these Chromium asks the outside world for things nobody here needs. */
export const CHROMIUM_FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

/** The program named by CHROMIUM, by path or name, or whichever of the usual ones is on PATH. */
export function chromiumPath(): string {
  const path = [process.env.CHROMIUM ?? '', ...USUAL].map((name) => name && Bun.which(name)).find(Boolean)
  if (!path) throw new Error('No Chromium found; install it, or set CHROMIUM to its path.')
  return path
}
