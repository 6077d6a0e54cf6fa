import type { SignInMethod } from '../types.ts'

const LABELS: Record<SignInMethod, string> = {
  oauth: 'Sign in at the service',
  token: 'With a token, which you enter on the next page',
  none: 'Without signing in',
}

/** How to sign in; the first is taken where nothing is chosen yet, and nothing is asked where there is one way only. */
export function MethodFields({ methods, chosen }: { methods: SignInMethod[]; chosen: SignInMethod | null }) {
  if (methods.length === 1) return <input type="hidden" name="method" value={methods[0]} />
  return (
    <fieldset class="choices">
      <legend>How to sign in</legend>
      {methods.map((method) => (
        <label class="choice" for={`method-${method}`}>
          <input
            type="radio"
            id={`method-${method}`}
            name="method"
            value={method}
            checked={method === (chosen ?? methods[0])}
          />
          <span>{LABELS[method]}</span>
        </label>
      ))}
    </fieldset>
  )
}
