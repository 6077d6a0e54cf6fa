import { SetupPage } from '../../views/pages/setup.tsx'
import { SignInPage } from '../../views/pages/sign-in.tsx'
import type { SignInResult } from '../identity/identity.ts'
import { AppError } from '../lib/errors.ts'
import { localPath, page, seeOther } from './page.ts'
import type { OpenRequest, Route } from './routes.ts'
import type { WebRooms } from './web-rooms.ts'

/** Doors for people who are not signed in yet. */
export function signInRoutes({ identity, frames, cookies }: WebRooms): Route<OpenRequest>[] {
  const { humans } = identity

  function signInPage(returnTo: string, email: string, error: string | null, status = 200) {
    return page(SignInPage({ frame: frames.stranger(), returnTo, email, error }), status)
  }

  function signIn({ form, from }: OpenRequest, email: string): Promise<SignInResult> {
    return humans.signIn({ email, password: form.get('password') ?? '', originProof: newOriginProof(form), ...from })
  }

  async function setupPage(token: string, error: string | null, status = 200) {
    const link = await humans.findSetupLink(token)
    if (!link)
      throw new AppError(
        'gone',
        'This setup link has been used or has expired. Start the server again, or run "agentport admin user reset-password", for a new one.',
      )
    return page(SetupPage({ frame: frames.stranger(), token, email: link.email, error }), status)
  }

  return [
    {
      method: 'GET',
      path: '/sign-in',
      handle: async ({ url }) => signInPage(localPath(url.searchParams.get('return_to')), '', null),
    },
    {
      method: 'POST',
      path: '/sign-in',
      async handle(request) {
        const { form } = request
        const email = form.get('email') ?? ''
        const returnTo = localPath(form.get('return_to'))
        try {
          const result = await signIn(request, email)
          if (result.ok) return seeOther(returnTo, { 'set-cookie': cookies.keep(result.token) })
          return signInPage(returnTo, email, refusal(result.retryAfterMs), result.retryAfterMs > 0 ? 429 : 401)
        } catch (error) {
          if (error instanceof AppError) return signInPage(returnTo, email, error.message, error.status)
          throw error
        }
      },
    },
    { method: 'GET', path: '/setup', handle: ({ url }) => setupPage(url.searchParams.get('token') ?? '', null) },
    {
      method: 'POST',
      path: '/setup',
      async handle(request) {
        const { form } = request
        const token = form.get('token') ?? ''
        const password = form.get('password') ?? ''
        const link = await humans.findSetupLink(token)
        if (link && password !== form.get('password_again')) return setupPage(token, 'The two passwords differ.', 400)
        try {
          const email = link?.email ?? form.get('email') ?? ''
          const user = await humans.completeSetup(token, { email, password })
          const result = await signIn(request, user.email)
          return result.ok ? seeOther('/', { 'set-cookie': cookies.keep(result.token) }) : seeOther('/sign-in')
        } catch (error) {
          if (error instanceof AppError && error.code === 'bad_request') return setupPage(token, error.message, 400)
          throw error
        }
      },
    },
  ]
}

/** Without JavaScript there is none, and the password is asked for each change instead. */
function newOriginProof(form: URLSearchParams): string | null {
  const proof = form.get('new_origin_proof') ?? ''
  return /^[A-Za-z0-9_-]{43}$/.test(proof) ? proof : null
}

const refusal = (retryAfterMs: number): string =>
  retryAfterMs > 0
    ? `Too many wrong tries. Try again in ${Math.ceil(retryAfterMs / 1000)} s.`
    : 'Email or password is wrong.'
