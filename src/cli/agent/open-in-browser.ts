/** Best effort, and silent: the link is printed as well. Only a web address, as one argument to a program that takes one. */
export function openInBrowser(url: string): void {
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) return
  const opener: Partial<Record<NodeJS.Platform, string[]>> = {
    darwin: ['open'],
    win32: ['rundll32', 'url.dll,FileProtocolHandler'],
  }
  const program = opener[process.platform] ?? ['xdg-open']
  try {
    Bun.spawn([...program, new URL(url).href], { stdio: ['ignore', 'ignore', 'ignore'] }).unref()
  } catch {
    // There is none on this machine.
  }
}
