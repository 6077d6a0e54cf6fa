import type { ArgumentsForm } from '../../../views/pages/playground-call.tsx'
import { isJsonObject, type JsonObject } from '../../lib/json.ts'
import { fieldProps } from './field-props.ts'
import { type Plan, type PlannedField, planFields } from './planned-fields.ts'
import { readJson, readTyped, type Typed, typedAtFirst, typedFromArguments, typedFromForm } from './typed-fields.ts'

const NO_ERRORS: ReadonlyMap<string, string> = new Map()

/** The form for a tool's arguments: fields where its schema has them, else JSON. */
export function argumentsForm(schema: JsonObject) {
  const plan = planFields(schema)
  return {
    /** @param value null for a form that nothing stands in yet. */
    holding(value: JsonObject | null): ArgumentsForm {
      if (!('fields' in plan)) return asJson(plan, value ?? {})
      const isBlank = value === null || Object.keys(value).length === 0
      const typed = isBlank ? typedAtFirst(plan.fields) : typedFromArguments(plan.fields, value)
      return typed ? asFields(plan.fields, typed) : { ...asJson(plan, value ?? {}), why: 'no_field_fits' }
    },

    /** What was sent: the arguments, or null and the same form with what has to be mended. */
    read(sent: URLSearchParams): { form: ArgumentsForm; value: JsonObject | null } {
      if (sent.get('as') === 'fields' && 'fields' in plan) {
        const typed = typedFromForm(sent)
        const { value, errors } = readTyped(plan.fields, typed)
        return { form: asFields(plan.fields, typed, errors), value: errors.size === 0 ? value : null }
      }
      const json = sent.get('json') ?? '{}'
      const read = readJson(json)
      const value = 'value' in read && isJsonObject(read.value) ? read.value : null
      const error = 'error' in read ? read.error : value ? null : 'Arguments are one JSON object, in { and }.'
      return { form: { as: 'json', json, error, why: whyJson(plan) }, value }
    },

    /** The same arguments in the other form; as they are, with what has to be mended, where something would be lost. */
    turned(sent: URLSearchParams): ArgumentsForm {
      if (sent.get('as') === 'fields' && 'fields' in plan) {
        const typed = typedFromForm(sent)
        const { value, errors } = readTyped(plan.fields, typed)
        const isLost = [...errors.keys()].some((key) => (typed.get(key) ?? '').trim() !== '')
        return isLost ? asFields(plan.fields, typed, errors) : asJson(plan, value)
      }
      const { form, value } = this.read(sent)
      if (value === null) return form
      const turned = this.holding(value)
      // As it was typed: nobody asked for other spaces.
      return turned.as === 'json' && form.as === 'json' ? { ...form, why: turned.why } : turned
    },
  }
}

const asFields = (fields: PlannedField[], typed: Typed, errors = NO_ERRORS): ArgumentsForm => ({
  as: 'fields',
  fields: fieldProps(fields, typed, errors),
})

const asJson = (plan: Plan, value: JsonObject): Extract<ArgumentsForm, { as: 'json' }> => ({
  as: 'json',
  json: JSON.stringify(value, null, 2),
  error: null,
  why: whyJson(plan),
})

const whyJson = (plan: Plan) => ('fields' in plan ? 'chosen' : plan.none)
