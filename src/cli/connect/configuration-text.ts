import { parse as parseToml, patch as patchToml } from '@decimalturn/toml-patch'
import { findNodeAtLocation, type ParseError, parse as parseJsonc, parseTree } from 'jsonc-parser'
import { isJsonObject, type JsonObject, type JsonValue } from '../../lib/json.ts'
import { CommandError } from '../output.ts'
import { removeProperty, setProperty } from './jsonc-edit.ts'

/** One entry in the text of a configuration file; everything else in it, comments and all, stays as it is. */
export interface ConfigurationText {
  /** @throws CommandError when the text cannot be read. */
  get(text: string): JsonValue | undefined
  /** Whether there is an object that entries like ours stand in. @throws CommandError */
  hasPlace(text: string): boolean
  /** With undefined the entry goes, and with `alsoParent` what held it, if nothing else is left in there. @throws CommandError */
  set(text: string, entry: JsonValue | undefined, alsoParent?: boolean): string
}

type Path = readonly [string, string]

export function configurationText(format: 'jsonc' | 'toml', path: Path): ConfigurationText {
  const { read, write } = format === 'jsonc' ? JSONC : TOML
  const get = (text: string) => valueAt(read(text), path)
  return {
    get,
    hasPlace: (text) => Object.hasOwn(read(text), path[0]),
    set(text, entry, alsoParent = false) {
      const wanted = withEntry(read(text), path, entry, alsoParent)
      const written = write(text, path, entry, wanted)
      // Whatever the library made of it: only this entry may have changed.
      if (!Bun.deepEquals(read(written), wanted, true))
        throw new CommandError('The file cannot be changed without changing more of it than our entry.')
      return written
    },
  }
}

interface Format {
  read(text: string): JsonObject
  write(text: string, path: Path, entry: JsonValue | undefined, wanted: JsonObject): string
}

const JSONC: Format = {
  read(text) {
    if (text.trim() === '') return {}
    const errors: ParseError[] = []
    const value: unknown = parseJsonc(withoutMark(text), errors, { allowTrailingComma: true })
    if (errors.length > 0 || !isJsonObject(value))
      throw new CommandError('The file cannot be read as JSON. Mend it first.')
    return value
  },
  write(text, [outer, inner], entry, wanted) {
    if (text.trim() === '') return `${JSON.stringify(wanted, null, 2)}\n`
    const body = withoutMark(text)
    const root = parseTree(body)
    if (!root) return text
    const parent = findNodeAtLocation(root, [outer])
    const edited =
      entry === undefined
        ? parent && Object.hasOwn(wanted, outer)
          ? removeProperty(body, parent, inner)
          : removeProperty(body, root, outer)
        : parent
          ? setProperty(body, parent, inner, entry)
          : setProperty(body, root, outer, { [inner]: entry })
    return text.slice(0, text.length - body.length) + edited
  },
}

const TOML: Format = {
  read(text) {
    try {
      return parseToml(withoutMark(text)) as JsonObject
    } catch {
      throw new CommandError('The file cannot be read as TOML. Mend it first.')
    }
  },
  write(text, path, entry, wanted) {
    const before = valueAt(TOML.read(text), path)
    const eol = text.includes('\r\n') ? '\r\n' : '\n'
    const whole = (value: JsonValue) => (text.trim() === '' ? '' : eol) + tomlTable(path, value).join(eol) + eol
    const byHand =
      entry === undefined
        ? before !== undefined && text.replace(whole(before), '')
        : before === undefined && text.replace(/(?<=\S)$/, eol) + whole(entry)
    // Where the file has its tables in another form than a person would write them, the library finds the way.
    return byHand !== false && isToml(byHand, wanted) ? byHand : patchToml(text, wanted)
  },
}

/** As a person writes it: a table of its own. */
function tomlTable(path: Path, entry: JsonValue): string[] {
  const fields = Object.entries(isJsonObject(entry) ? entry : {})
  return [`[${path.join('.')}]`, ...fields.map(([name, value]) => `${name} = ${tomlValue(value)}`)]
}

/** A string of JSON is one of TOML. */
function tomlValue(value: JsonValue): string {
  if (!isJsonObject(value)) return JSON.stringify(value)
  const pairs = Object.entries(value).map(([name, each]) => `${JSON.stringify(name)} = ${tomlValue(each)}`)
  return `{ ${pairs.join(', ')} }`
}

function isToml(text: string, wanted: JsonObject): boolean {
  try {
    return Bun.deepEquals(TOML.read(text), wanted, true)
  } catch {
    return false
  }
}

/** Some editors put a byte order mark in front. */
const withoutMark = (text: string): string => text.replace(/^\ufeff/, '')

function valueAt(root: JsonObject, [outer, inner]: Path): JsonValue | undefined {
  const parent = root[outer]
  return isJsonObject(parent) ? parent[inner] : undefined
}

function withEntry(
  root: JsonObject,
  [outer, inner]: Path,
  entry: JsonValue | undefined,
  alsoParent: boolean,
): JsonObject {
  const parent = root[outer]
  if (parent !== undefined && !isJsonObject(parent))
    throw new CommandError(`"${outer}" in the file is not what it has to be. Mend it first.`)
  const { [inner]: _, ...others } = parent ?? {}
  if (entry !== undefined) return { ...root, [outer]: { ...parent, [inner]: entry } }
  if (Object.keys(others).length > 0 || !alsoParent) return parent === undefined ? root : { ...root, [outer]: others }
  const { [outer]: __, ...rest } = root
  return rest
}
