/** Long, with letters and digits: nobody chose it as a name. */
const LIKE_A_TOKEN = /^(?=.*[A-Za-z])(?=.*\d).{20,}$/

/** What of a URL may be a secret, in words; null if nothing looks like it. */
export function secretInUrl(text: string): 'a query' | 'a part that looks like a token' | null {
  if (!URL.canParse(text)) return null
  const { search, pathname } = new URL(text)
  if (search !== '') return 'a query'
  return pathname.split('/').some((part) => LIKE_A_TOKEN.test(decoded(part))) ? 'a part that looks like a token' : null
}

/** For a terminal, and for whoever keeps what it prints. */
export const withoutSecret = (text: string): string => (secretInUrl(text) === null ? text : `${new URL(text).origin}/…`)

function decoded(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}
