import { isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml'
import { CommandError } from '../output.ts'

/** Keys and indexes that lead to a value. */
export type Path = readonly (string | number)[]

/** What a YAML text says, and where. */
export interface YamlValues {
  value: unknown
  /** A refusal that names the place. A place that is not there is that of the nearest one around it. */
  refusal(path: Path, sentence: string): CommandError
}

/** What we write needs five; whatever is much deeper only tries how deep we can go. */
const DEEPEST = 20

/**
 * Strictly what a reviewer sees: no aliases, which also could make much of little, no tags, and no key twice.
 * @param isOpen which mappings have keys of somebody's choice; those become a Map, in which every name is one like the others.
 * @throws CommandError
 */
export function readYaml(text: string, name: string, isOpen: (path: Path) => boolean): YamlValues {
  const lines = new LineCounter()
  const places = new Map<string, number>()
  const refuseAt = (offset: number, sentence: string): CommandError => {
    const { line, col } = lines.linePos(offset)
    return new CommandError(`${name}:${Math.max(1, line)}:${Math.max(1, col)}: ${sentence}`)
  }
  // Its own pretty errors, and its own search for keys that stand twice, take quadratic time.
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: false })
  const flaw = document.errors[0] ?? document.warnings[0]
  if (flaw) throw refuseAt(flaw.pos[0], `This is not YAML that can be read here: ${plainly(flaw)}.`)

  function read(node: Node | null, path: Path, offset: number): unknown {
    const at = node?.range?.[0] ?? offset
    places.set(JSON.stringify(path), at)
    if (node === null) return null
    if (path.length > DEEPEST) throw refuseAt(at, 'This is nested deeper than anything that belongs here.')
    if (isAlias(node) || node.anchor !== undefined)
      throw refuseAt(at, 'Anchors and aliases are not read here: write out what is meant.')
    if (node.tag !== undefined) throw refuseAt(at, 'Tags are not read here: leave it out.')
    if (isScalar(node)) return node.value
    if (isSeq<Node | null>(node)) return node.items.map((item, i) => read(item, [...path, i], at))
    return isMap<Node, Node | null>(node) ? mappingOf(node.items, path) : null
  }

  function mappingOf(pairs: { key: Node; value: Node | null }[], path: Path): unknown {
    const entries = new Map<string, unknown>()
    for (const { key: keyNode, value } of pairs) {
      const at = keyNode.range?.[0] ?? 0
      const key = keyOf(keyNode)
      if (key === null) throw refuseAt(at, 'A key is a plain word, or text in quotes.')
      if (entries.has(key)) throw refuseAt(at, `${JSON.stringify(key)} stands here twice: leave one of them out.`)
      const inner = [...path, key]
      entries.set(key, read(value, inner, at))
      places.set(JSON.stringify(inner), at)
    }
    return isOpen(path) ? entries : Object.fromEntries(entries)
  }

  const value = read(document.contents as Node | null, [], 0)
  return {
    value,
    refusal(path, sentence) {
      for (let length = path.length; length > 0; length--) {
        const at = places.get(JSON.stringify(path.slice(0, length)))
        if (at !== undefined) return refuseAt(at, sentence)
      }
      return refuseAt(0, sentence)
    },
  }
}

/** A key is its text, also where YAML would read a number or a truth value in it. */
function keyOf(node: Node): string | null {
  if (!isScalar(node) || node.tag !== undefined || node.anchor !== undefined) return null
  return typeof node.value === 'string' ? node.value : (node.source ?? null)
}

/** What the library says to programmers, in words for whoever wrote the file. */
function plainly({ message }: Error): string {
  if (/call stack/i.test(message)) return 'it is nested too deeply'
  if (/multiple documents/i.test(message)) return 'it has several documents, and one is read'
  return message.replace(/\.$/, '')
}
