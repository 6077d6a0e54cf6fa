/** Finds letters that pass for others: a Cyrillic "а" inside "pаypal". */

// A word for this purpose holds what a host name, address or identifier holds.
const WORD = /[\p{L}\p{M}\p{N}](?:[\p{L}\p{M}\p{N}._@-]*[\p{L}\p{M}\p{N}])?/gu
const LATIN_OR_DIGIT = /[A-Za-z0-9]/
const LATIN = /\p{Script=Latin}/u
const LETTER_OR_DIGIT = /[\p{L}\p{Nd}]/u

// Alphabets whose letters are drawn like Latin ones. Han, Kana, Hangul and Thai stand next to Latin without a space in honest text.
const ALPHABETS: [string, RegExp][] = [
  ['Cyrillic', /\p{Script=Cyrillic}/u],
  ['Greek', /\p{Script=Greek}/u],
  ['Armenian', /\p{Script=Armenian}/u],
  ['Cherokee', /\p{Script=Cherokee}/u],
  ['Coptic', /\p{Script=Coptic}/u],
  ['Georgian', /\p{Script=Georgian}/u],
  ['Hebrew', /\p{Script=Hebrew}/u],
  ['Arabic', /\p{Script=Arabic}/u],
]
const UNSPACED =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Bopomofo}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u
const LATIN_TWINS = /^[аАВсСԁеЕԍһНіІјЈКМоОрРԛѕЅТуУѵԝхХӏΑΒΕΖΗΙΚΜΝΟΡΤΥΧοανυι]+$/u

// Signs that pass for the ASCII ones that give a path, an address or an option its meaning.
const SIGNS = /[\u02d0\u0589\u2010-\u2012\u2044\u2212\u2215\u2236\u29f8\ua789]/u
const RAISED = /[\u00aa\u00b2\u00b3\u00b9\u00ba\u2070-\u209c]/u
const LATIN_ODDITIES = /[ɑɡǀǃƖɩ]/u

function foreignAlphabet(char: string): string | null {
  for (const [name, pattern] of ALPHABETS) if (pattern.test(char)) return name
  if (LATIN.test(char) || UNSPACED.test(char) || !LETTER_OR_DIGIT.test(char)) return null
  return 'another alphabet'
}

function standsForAscii(char: string): string | null {
  if (SIGNS.test(char)) return 'sign that resembles another'
  if (LATIN_ODDITIES.test(char)) return 'letter that resembles another'
  const plain = char.normalize('NFKC')
  // An ellipsis or a raised digit is plain to see; one letter drawn in another style is not.
  return plain !== char && /^[!-~]$/.test(plain) && !RAISED.test(char) ? `another form of “${plain}”` : null
}

/** Offset in UTF-16 units of each letter that may pass for another → where it comes from, in words. */
export function findLookalikes(text: string): Map<number, string> {
  const found = new Map<number, string>()
  if (/^[ -~\s]*$/.test(text)) return found
  let offset = 0
  for (const char of text) {
    const form = char > '~' ? standsForAscii(char) : null
    if (form) found.set(offset, form)
    offset += char.length
  }
  for (const match of text.matchAll(WORD)) {
    const word = match[0]
    if (/^[ -~]+$/.test(word)) continue
    // A word of twins alone ("сору") reads as Latin although it holds no Latin letter.
    const mixed = LATIN_OR_DIGIT.test(word) || (word.length > 1 && LATIN_TWINS.test(word))
    const greekAmongCyrillic = /\p{Script=Cyrillic}/u.test(word)
    let at = match.index
    for (const char of word) {
      const alphabet = char > '~' ? foreignAlphabet(char) : null
      if (alphabet && (mixed || (greekAmongCyrillic && alphabet === 'Greek'))) found.set(at, `${alphabet} letter`)
      at += char.length
    }
  }
  return found
}
