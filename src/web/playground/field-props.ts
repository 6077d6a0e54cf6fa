import type { ArgumentField, ArgumentInput } from '../../../views/parts/argument-fields.tsx'
import type { FieldKind, PlannedField } from './planned-fields.ts'
import type { Typed } from './typed-fields.ts'

/** The fields as the page draws them, with what stands in them. */
export function fieldProps(
  fields: PlannedField[],
  typed: Typed,
  errors: ReadonlyMap<string, string>,
  idOf = 'argument',
): ArgumentField[] {
  return fields.map(({ key, name, description, required, fallback, kind }, index) => {
    const id = `${idOf}-${index}`
    const value = typed.get(key) ?? ''
    const input: ArgumentInput =
      kind.is === 'group' ? { is: 'group', fields: fieldProps(kind.fields, typed, errors, id) } : inputOf(kind, value)
    // What is filled in already need not be told.
    const told = fallback !== undefined && !required ? JSON.stringify(fallback) : null
    return { key, id, name, description, required, fallback: told, input, error: errors.get(key) ?? null }
  })
}

function inputOf(kind: Exclude<FieldKind, { is: 'group' }>, value: string): ArgumentInput {
  switch (kind.is) {
    case 'text':
    case 'json':
      return { is: kind.is, value }
    case 'number':
      return { is: 'number', whole: kind.whole, value }
    case 'lines':
      return { is: 'lines', of: kind.of, value }
    case 'choice': {
      const options = kind.values.map((each) => ({ value: JSON.stringify(each), label: String(each) }))
      return { is: 'choice', options, value }
    }
  }
}
