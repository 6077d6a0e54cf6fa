import { ExactLine, ExactText, Name } from './exact-text.tsx'
import { spelledOut } from './mark-text.ts'

/** A field for one of a tool's arguments. Its name and its description are its server's words. */
export interface ArgumentField {
  /** In the form; ours. */
  key: string
  id: string
  name: string
  description: string | null
  required: boolean
  /** What the server takes, as it says, when nothing is given; as JSON. */
  fallback: string | null
  input: ArgumentInput
  error: string | null
}

export type ArgumentInput =
  | { is: 'text'; value: string }
  | { is: 'number'; whole: boolean; value: string }
  | { is: 'choice'; options: { value: string; label: string }[]; value: string }
  | { is: 'lines'; of: 'text' | 'number' | 'whole'; value: string }
  | { is: 'json'; value: string }
  | { is: 'group'; fields: ArgumentField[] }

const LONG_DESCRIPTION = 220

/** The arguments of a tool, a field each. */
export function ArgumentFields({ fields }: { fields: ArgumentField[] }) {
  return (
    <>
      {fields.map((field) =>
        field.input.is === 'group' ? (
          <Group field={field} fields={field.input.fields} />
        ) : (
          <Single field={field} input={field.input} />
        ),
      )}
    </>
  )
}

function Group({ field, fields }: { field: ArgumentField; fields: ArgumentField[] }) {
  return (
    <fieldset class="argument-group stack">
      <legend>
        <Title field={field} kind="object" />
      </legend>
      {field.description !== null && <Description text={field.description} />}
      <ArgumentFields fields={fields} />
    </fieldset>
  )
}

type SingleInput = Exclude<ArgumentInput, { is: 'group' }>

function Single({ field, input }: { field: ArgumentField; input: SingleInput }) {
  const { id, error, description, fallback } = field
  const notes = [
    error !== null && `${id}-error`,
    description !== null && `${id}-about`,
    fallback !== null && `${id}-fallback`,
  ].filter(Boolean)
  return (
    <div class="field argument">
      <label for={id}>
        <Title field={field} kind={kindWords(input)} />
      </label>
      {error !== null && (
        <p class="field-error" id={`${id}-error`}>
          {error}
        </p>
      )}
      <Input field={field} input={input} describedBy={notes.length > 0 ? notes.join(' ') : undefined} />
      {description !== null && (
        <div id={`${id}-about`}>
          <Description text={description} />
        </div>
      )}
      {fallback !== null && (
        <p class="hint" id={`${id}-fallback`}>
          Left empty, its server says it takes <Name text={fallback} />
        </p>
      )}
    </div>
  )
}

function Title({ field: { name, required }, kind }: { field: ArgumentField; kind: string }) {
  return (
    <>
      <ExactLine text={name} />{' '}
      <span class="kind">
        {kind}
        {required && ', required'}
      </span>
    </>
  )
}

function Description({ text }: { text: string }) {
  if (text.length <= LONG_DESCRIPTION) return <ExactText text={text} quiet />
  return (
    <details class="more">
      <summary>What its server says about it</summary>
      <ExactText text={text} quiet />
    </details>
  )
}

function kindWords(input: SingleInput): string {
  switch (input.is) {
    case 'text':
      return 'text'
    case 'number':
      return input.whole ? 'whole number' : 'number'
    case 'choice':
      return 'choice'
    case 'lines':
      return `${input.of === 'text' ? 'texts' : input.of === 'whole' ? 'whole numbers' : 'numbers'}, one on each line`
    case 'json':
      return 'JSON'
  }
}

function Input(props: { field: ArgumentField; input: SingleInput; describedBy: string | undefined }) {
  const { field, input, describedBy } = props
  // An object, since preact's types want to know more of an element before they allow any attribute.
  const attributes: object = {
    id: field.id,
    name: field.key,
    'aria-describedby': describedBy,
    'aria-invalid': field.error === null ? undefined : 'true',
    'aria-required': field.required ? 'true' : undefined,
    autocomplete: 'off',
    spellcheck: false,
  }
  switch (input.is) {
    case 'number':
      return <input type="text" inputMode={input.whole ? 'numeric' : 'decimal'} value={input.value} {...attributes} />
    case 'choice':
      return (
        <select {...attributes}>
          <option value="" selected={input.value === ''}>
            {field.required ? 'Choose one' : 'Not given'}
          </option>
          {input.options.map(({ value, label }) => (
            <option value={value} selected={value === input.value}>
              {label === '' ? '(empty text)' : spelledOut(label)}
            </option>
          ))}
        </select>
      )
    default:
      return (
        <textarea class={input.is === 'json' ? 'json' : undefined} rows={input.is === 'text' ? 1 : 2} {...attributes}>
          {asTyped(input.value)}
        </textarea>
      )
  }
}

/** Where a text begins with a line break, HTML takes the first one for its own. */
export const asTyped = (value: string): string => (value.startsWith('\n') ? `\n${value}` : value)
