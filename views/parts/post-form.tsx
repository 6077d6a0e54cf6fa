import type { ComponentChildren } from 'preact'
import { localPath } from './safe-href.ts'

export interface PostFormProps {
  action: string
  proof: { required: boolean }
  class?: string
  id?: string
  /**
   * Without JavaScript, whether the password is asked in the form or on the page that answers it.
   * 'after' is for rows of small forms, where a password field each would bury the page.
   */
  askPassword?: 'here' | 'after'
  /** The answer is the row that the form stands in, changed; whatever went wrong is a page. */
  swap?: 'row'
  /** The buttons, which come after the password where one is asked. */
  submit: ComponentChildren
  children?: ComponentChildren
}

const ROW = {
  'hx-target': 'closest li',
  'hx-swap': 'outerMorph',
  'hx-status:4xx': 'target:body swap:innerMorph',
  'hx-status:5xx': 'target:body swap:innerMorph',
}

/**
 * Every form that changes something.
 * Other ports of this host name receive our cookie, so the form also carries a secret that only our own pages can read.
 */
export function PostForm({ action, proof, askPassword = 'here', swap, submit, children, ...rest }: PostFormProps) {
  const path = localPath(action) ?? '/'
  return (
    <form method="post" action={path} {...rest} {...(swap === 'row' ? { 'hx-post': path, ...ROW } : {})}>
      {proof.required && <input type="hidden" name="origin_proof" data-origin-proof />}
      {children}
      {proof.required && askPassword === 'here' && (
        <noscript>
          <label class="field">
            <span>Password</span>
            <input type="password" name="password" autocomplete="current-password" required />
          </label>
        </noscript>
      )}
      {submit}
    </form>
  )
}

/** On forms that begin a session: agentport.js puts a fresh secret here and keeps it in the page's storage. */
export function NewOriginProof() {
  return <input type="hidden" name="new_origin_proof" data-new-origin-proof />
}
