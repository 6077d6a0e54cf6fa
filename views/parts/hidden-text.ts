import { isInvisible } from './character-class.ts'

const TAGS = /[\u{e0020}-\u{e007e}]{2,}/gu
const SELECTORS = /[\ufe00-\ufe0f\u{e0100}-\u{e01ef}]{3,}/gu
// Pictures of several signs, keys, and flags such as that of Wales: what nobody sees in these is seen in what it makes.
const PICTURES =
  /\u{1f3f4}[\u{e0030}-\u{e0039}\u{e0061}-\u{e007a}]{3,6}\u{e007f}|\p{Extended_Pictographic}\ufe0f?(?:\u200d\p{Extended_Pictographic}\ufe0f?)*|[#*0-9]\ufe0f\u20e3/gu

/** Texts that a text holds in characters that nobody sees: spelt in tag characters, or byte by byte in variation selectors. */
export function hiddenTexts(text: string): string[] {
  const bare = text.replace(PICTURES, '')
  const spelt = [...bare.matchAll(TAGS)].map(([run]) =>
    [...run].map((char) => String.fromCharCode((char.codePointAt(0) ?? 0) - 0xe0000)).join(''),
  )
  const bytes = [...bare.matchAll(SELECTORS)].map(([run]) =>
    new TextDecoder().decode(Uint8Array.from([...run].map(byteOf))),
  )
  return [...spelt, ...bytes]
}

function byteOf(selector: string): number {
  const code = selector.codePointAt(0) ?? 0
  return code < 0xfe10 ? code - 0xfe00 : code - 0xe0100 + 16
}

/** Whether there is anything in a text that people do not see and programs read. Spaces of every kind are no secret. */
export function hidesText(text: string): boolean {
  if (/^[\t\n\r -~]*$/.test(text)) return false
  for (const char of text.replace(PICTURES, '')) if (isInvisible(char) && !/[\t\n\r\p{Z}]/u.test(char)) return true
  return false
}
