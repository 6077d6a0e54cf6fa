/** Characters that a person cannot see, or sees as something else. Facts about code points only; what to do with them is mark-text's. */

// Cn covers noncharacters and unassigned, Cs lone surrogates; Default_Ignorable adds fillers, selectors and tags.
const INVISIBLE =
  /[\p{Cc}\p{Cf}\p{Cn}\p{Co}\p{Cs}\p{Zl}\p{Zp}\p{Zs}\p{Default_Ignorable_Code_Point}\p{Variation_Selector}]/u

// Blank or stand-in glyphs that Unicode files under visible symbols.
const BLANK = new Set([0x2800, 0xfffc, 0x1d159, 0x16fe4])

// Marks that draw a line through their base: "d̶e̶l̶e̶t̶e̶" reads as struck out.
const OVERLAY = new Set([
  0x334, 0x335, 0x336, 0x337, 0x338, 0x20d2, 0x20d3, 0x20d8, 0x20d9, 0x20da, 0x20e5, 0x20e6, 0x20ea, 0x20eb,
])

const COMBINING = /\p{M}/u
const ENCLOSING = /\p{Me}/u
const DIGIT = /\p{Nd}/u

// Blocks whose letters are laid out right to left.
const RIGHT_TO_LEFT = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u

// Jamo compose into syllables, so a decomposed Korean word looks like the composed one.
const JAMO = /[\u1100-\u11ff\ua960-\ua97f\ud7b0-\ud7ff]/u

export const isInvisible = (char: string) => INVISIBLE.test(char) || BLANK.has(char.codePointAt(0) ?? 0)
export const isCombining = (char: string) => COMBINING.test(char)
export const isRightToLeft = (char: string) => RIGHT_TO_LEFT.test(char)
export const isDigit = (char: string) => DIGIT.test(char)
export const isJamo = (char: string) => JAMO.test(char)
export const hidesItsBase = (mark: string) => ENCLOSING.test(mark) || OVERLAY.has(mark.codePointAt(0) ?? 0)

const NAMES: Record<number, string> = {
  0: 'NULL',
  7: 'BELL',
  8: 'BACKSPACE',
  9: 'TAB',
  10: 'LINE FEED',
  13: 'CARRIAGE RETURN',
  27: 'ESCAPE',
  32: 'SPACE',
  127: 'DELETE',
  160: 'NO-BREAK SPACE',
  173: 'SOFT HYPHEN',
  847: 'COMBINING GRAPHEME JOINER',
  1564: 'ARABIC LETTER MARK',
  4447: 'HANGUL CHOSEONG FILLER',
  4448: 'HANGUL JUNGSEONG FILLER',
  5760: 'OGHAM SPACE MARK',
  6158: 'MONGOLIAN VOWEL SEPARATOR',
  8192: 'EN QUAD',
  8193: 'EM QUAD',
  8194: 'EN SPACE',
  8195: 'EM SPACE',
  8196: 'THREE-PER-EM SPACE',
  8197: 'FOUR-PER-EM SPACE',
  8198: 'SIX-PER-EM SPACE',
  8199: 'FIGURE SPACE',
  8200: 'PUNCTUATION SPACE',
  8201: 'THIN SPACE',
  8202: 'HAIR SPACE',
  8203: 'ZERO WIDTH SPACE',
  8204: 'ZERO WIDTH NON-JOINER',
  8205: 'ZERO WIDTH JOINER',
  8206: 'LEFT-TO-RIGHT MARK',
  8207: 'RIGHT-TO-LEFT MARK',
  8232: 'LINE SEPARATOR',
  8233: 'PARAGRAPH SEPARATOR',
  8234: 'LEFT-TO-RIGHT EMBEDDING',
  8235: 'RIGHT-TO-LEFT EMBEDDING',
  8236: 'POP DIRECTIONAL FORMATTING',
  8237: 'LEFT-TO-RIGHT OVERRIDE',
  8238: 'RIGHT-TO-LEFT OVERRIDE',
  8239: 'NARROW NO-BREAK SPACE',
  8287: 'MEDIUM MATHEMATICAL SPACE',
  8288: 'WORD JOINER',
  8289: 'FUNCTION APPLICATION',
  8290: 'INVISIBLE TIMES',
  8291: 'INVISIBLE SEPARATOR',
  8292: 'INVISIBLE PLUS',
  8294: 'LEFT-TO-RIGHT ISOLATE',
  8295: 'RIGHT-TO-LEFT ISOLATE',
  8296: 'FIRST STRONG ISOLATE',
  8297: 'POP DIRECTIONAL ISOLATE',
  10240: 'BRAILLE PATTERN BLANK',
  12288: 'IDEOGRAPHIC SPACE',
  12644: 'HANGUL FILLER',
  65279: 'ZERO WIDTH NO-BREAK SPACE (BOM)',
  65440: 'HALFWIDTH HANGUL FILLER',
  65529: 'INTERLINEAR ANNOTATION ANCHOR',
  65530: 'INTERLINEAR ANNOTATION SEPARATOR',
  65531: 'INTERLINEAR ANNOTATION TERMINATOR',
  65532: 'OBJECT REPLACEMENT CHARACTER',
  917505: 'LANGUAGE TAG',
  917631: 'CANCEL TAG',
}

/** The Unicode name where we carry it, else what kind of character it is. */
export function characterName(char: string): string {
  const code = char.codePointAt(0) ?? 0
  const known = NAMES[code]
  if (known) return known
  if (code >= 0xfe00 && code <= 0xfe0f) return `VARIATION SELECTOR-${code - 0xfe00 + 1}`
  if (code >= 0xe0100 && code <= 0xe01ef) return `VARIATION SELECTOR-${code - 0xe0100 + 17}`
  if (code > 0xe0020 && code < 0xe007f) return `TAG CHARACTER, hidden “${String.fromCharCode(code - 0xe0000)}”`
  if (/\p{Cs}/u.test(char)) return 'LONE SURROGATE'
  if (/\p{Co}/u.test(char)) return 'PRIVATE USE CHARACTER'
  if (/\p{Cn}/u.test(char)) return 'UNASSIGNED CHARACTER'
  if (/\p{Cc}/u.test(char)) return 'CONTROL CHARACTER'
  if (/\p{Zs}/u.test(char)) return 'UNUSUAL SPACE'
  if (isCombining(char)) return 'COMBINING MARK'
  if (isJamo(char)) return 'HANGUL JAMO, part of a syllable'
  if (isInvisible(char)) return 'INVISIBLE CHARACTER'
  return 'CHARACTER IN A NON-STANDARD FORM'
}

export function codePointLabel(char: string): string {
  return `U+${(char.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`
}
