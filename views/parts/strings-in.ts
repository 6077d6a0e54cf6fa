/** Every key and text of a JSON text, with escapes undone, so that what JSON hides is found too; the text itself where it is no JSON. */
export function stringsIn(json: string): string[] {
  const found: string[] = []
  try {
    JSON.parse(json, (key, value: unknown) => {
      found.push(key)
      if (typeof value === 'string') found.push(value)
      return value
    })
  } catch {
    found.push(json)
  }
  return found
}
