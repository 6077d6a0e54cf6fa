/** As many as the stylesheet has colours. */
const COLOURS = 12

/** One or two letters in a colour of its own, in place of a logo that would have to be fetched or licensed. */
export function Monogram({ id, name }: { id: string; name: string }) {
  return (
    <span class={`monogram monogram-${colourOf(id)}`} aria-hidden="true">
      {lettersOf(name)}
    </span>
  )
}

/** By the id, so that a service keeps its colour whatever stands beside it. */
function colourOf(id: string): number {
  let sum = 0
  for (const character of id) sum = (sum * 31 + (character.codePointAt(0) ?? 0)) % 65_521
  return sum % COLOURS
}

function lettersOf(name: string): string {
  const words = name.match(/[\p{L}\p{N}]+/gu) ?? []
  const [first = '?', second] = words
  const letters = second === undefined ? first.slice(0, 2) : `${first.slice(0, 1)}${second.slice(0, 1)}`
  return letters.charAt(0).toUpperCase() + letters.slice(1)
}
