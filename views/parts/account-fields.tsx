import { Field } from './field.tsx'

/** What an account is called, by people and by programs. */
export function AccountFields({ name, slug }: { name: string; slug: string }) {
  const input = { required: true, autocomplete: 'off' } as const
  return (
    <div class="pair">
      <Field
        label="Name"
        name="name"
        hint="Agents see it too: it tells two accounts apart."
        input={{ ...input, maxLength: 80, value: name }}
      />
      <Field
        label="Id"
        name="slug"
        hint="What agents and commands call it by."
        input={{ ...input, maxLength: 64, spellcheck: false, value: slug }}
      />
    </div>
  )
}
