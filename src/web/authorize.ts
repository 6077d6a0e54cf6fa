import { ConsentPage } from '../../views/pages/consent.tsx'
import { LeadOnPage } from '../../views/pages/lead-on.tsx'
import type { ChosenReach } from '../../views/types.ts'
import {
  type AuthorizationRequest,
  answerUri,
  type OAuthClient,
  OAuthError,
  placeOfRedirectUri,
  type Reach,
} from '../identity/identity.ts'
import { AppError } from '../lib/errors.ts'
import { page } from './page.ts'
import { programClaim } from './program-claim.ts'
import { readChosen, readReach, UNLIMITED } from './reach.ts'
import type { HumanRequest, Route } from './routes.ts'
import type { WebRooms } from './web-rooms.ts'

/** What comes back with the person's answer; all of it is checked again then. */
const REQUEST_FIELDS = ['client_id', 'response_type', 'code_challenge', 'code_challenge_method', 'state', 'resource']

/** A program asks to sign in, and the person says yes or no (OAuth 2.1 §4.1). */
export function authorizeRoutes({ identity, upstreams, frames, clock, config }: WebRooms): Route<HumanRequest>[] {
  const { oauth } = identity
  const { own } = config

  async function check(params: URLSearchParams) {
    try {
      return await oauth.check(params, own)
    } catch (error) {
      if (error instanceof OAuthError) throw new AppError('bad_request', error.description)
      throw error
    }
  }

  /** A request that is not in order. Nobody is sent anywhere by themselves: anybody can register an address, and lead people through us to it. */
  async function refused(request: HumanRequest, checked: Extract<Awaited<ReturnType<typeof check>>, { ok: false }>) {
    const { redirectUri, state, error, description } = checked
    if (redirectUri === null)
      throw new AppError('bad_request', `${description} Close this page and start again from the program.`)
    const href = answerUri({ redirectUri, state }, own.issuer, { error, error_description: description })
    const frame = await frames.of(request.session)
    const place = placeOfRedirectUri(redirectUri).name
    const text = `The program's request is not in order: ${description}`
    return page(LeadOnPage({ frame, title: 'That did not work', text, href, place, byItself: false }), 400)
  }

  async function consentPage(
    request: HumanRequest,
    { asked, client }: { asked: AuthorizationRequest; client: OAuthClient },
    params: URLSearchParams,
    refusal: { chosen: ChosenReach; error: string } | null,
  ) {
    const connections = await upstreams.connections(request.session.user.id)
    const sent = REQUEST_FIELDS.flatMap((name) => params.getAll(name).map((value) => ({ name, value })))
    // Also where it was left out: the answer goes where the page says, or nowhere.
    const fields = [...sent, { name: 'redirect_uri', value: asked.redirectUri }]
    return page(
      ConsentPage({
        frame: await frames.of(request.session),
        program: programClaim(client),
        place: placeOfRedirectUri(asked.redirectUri),
        connections: connections.map(({ id, slug, name }) => ({ id, slug, name })),
        fields,
        chosen: refusal?.chosen ?? UNLIMITED,
        error: refusal?.error ?? null,
      }),
      refusal === null ? 200 : 400,
    )
  }

  return [
    {
      method: 'GET',
      path: '/oauth/authorize',
      async handle(request) {
        const params = request.url.searchParams
        const checked = await check(params)
        if (!checked.ok) return refused(request, checked)
        return consentPage(request, { asked: checked.request, client: checked.client }, params, null)
      },
    },
    {
      method: 'POST',
      path: '/oauth/authorize',
      says: ({ form }) => (form.get('decision') === 'allow' ? 'Let a program in' : 'Keep a program out'),
      async handle(request) {
        const { session, form } = request
        const userId = session.user.id
        const checked = await check(form)
        if (!checked.ok) return refused(request, checked)
        const asked = checked.request
        const place = placeOfRedirectUri(asked.redirectUri).name
        const leadOn = async (title: string, text: string, href: string) =>
          page(LeadOnPage({ frame: await frames.of(session), title, text, href, place, byItself: true }))
        if (form.get('decision') === 'deny') {
          return leadOn(
            'Kept out',
            'The program has got nothing, and is told so.',
            await oauth.refuse(userId, asked, own),
          )
        }
        if (form.get('decision') !== 'allow') throw new AppError('bad_request', 'Choose Allow or Deny.')
        let reach: Reach
        try {
          reach = readReach(form, await upstreams.connections(userId), clock.now())
        } catch (error) {
          if (!(error instanceof AppError)) throw error
          return consentPage(request, { asked, client: checked.client }, form, {
            chosen: readChosen(form),
            error: error.message,
          })
        }
        const text = 'The program is let in. You can limit or revoke it on the page Agents.'
        return leadOn('Signed in', text, await oauth.consent(userId, asked, reach, own))
      },
    },
  ]
}
