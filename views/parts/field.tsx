import type { ComponentChildren } from 'preact'

interface InputAttributes {
  type?: 'text' | 'email' | 'password' | 'number' | 'datetime-local'
  value?: string | number
  autocomplete?: 'off' | 'username' | 'current-password' | 'new-password'
  placeholder?: string
  inputMode?: 'numeric'
  required?: boolean
  readOnly?: boolean
  spellcheck?: boolean
  minLength?: number
  maxLength?: number
  min?: number
  max?: number
  step?: number
}

export interface FieldProps {
  /** Where another field of the page has the same name. */
  id?: string
  label: string
  name: string
  hint?: ComponentChildren
  input?: InputAttributes
}

/** A labelled input. The hint stays outside the label, so that the field's name is the label alone. */
export function Field({ label, name, hint, input = {}, id = `field-${name}` }: FieldProps) {
  // An object, since preact's types want to know the type of input before they allow any attribute.
  const attributes: object = { type: 'text', ...input, ...(hint ? { 'aria-describedby': `${id}-hint` } : {}) }
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <input id={id} name={name} {...attributes} />
      {hint && (
        <p class="hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
    </div>
  )
}

/** Nameless, so it is not sent: it tells a password manager whose password to offer. */
export function WhosePassword({ user }: { user: { email: string } | null }) {
  return user && <input type="text" autocomplete="username" value={user.email} readOnly hidden />
}

/** The sentence may quote what a server answered, so it is kept apart from the page's direction. */
export function FormError({ error }: { error: string | null }) {
  if (!error) return null
  return (
    <p class="notice notice-error" role="alert">
      <bdi>{error}</bdi>
    </p>
  )
}
