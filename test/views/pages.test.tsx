import { describe, expect, test } from 'bun:test'
import { ApprovalPage } from '../../views/pages/approval.tsx'
import { ConfirmPage } from '../../views/pages/confirm.tsx'
import { ConnectPage } from '../../views/pages/connect.tsx'
import { SetupPage } from '../../views/pages/setup.tsx'
import { SignInPage } from '../../views/pages/sign-in.tsx'
import { CLIENTS } from '../../views/parts/ways-in.ts'
import { renderFragment, renderPage } from '../../views/render.ts'
import { callWith, everyPage, frameWith, NONE_EARLIER, STATES, URL_OF_MCP } from './every-page.tsx'
import { elementsOf } from './markup.ts'

const HOSTILE = [
  `"><script>alert(1)</script><img src=x onerror=alert(1)>`,
  `' onload='alert(1)' style='x`,
  `</textarea></title></noscript><iframe src="//evil.example"></iframe>`,
  `javascript:alert(1)`,
  ` javascript:alert(1)`,
  `data:text/html,<script>alert(1)</script>`,
  `//evil.example/`,
  `/\\evil.example/`,
  `http://evil.example/`,
]

/** Of ours, with nothing in them that anybody else says. */
const INSTALL_LINKS = new Set(
  CLIENTS.flatMap((client) => {
    const steps = client.signIn(URL_OF_MCP)
    return typeof steps === 'string' ? [] : steps.flatMap(({ link }) => link?.href ?? [])
  }),
)

const ELEMENTS = new Set(
  'dialog kbd footer img html head meta title link script body a p span svg path rect circle nav main header div form input button section h1 h2 h3 h4 dl dt dd ul ol li bdi strong details summary label textarea noscript time code pre select optgroup option br fieldset legend'.split(
    ' ',
  ),
)

describe('every page', () => {
  test.each(HOSTILE)('holds no markup or address of somebody else: %s', async (text) => {
    for (const [name, page] of everyPage(text)) {
      for (const element of await elementsOf(renderPage(page))) {
        const where = `${name}: <${element.name} ${[...element.attributes].join(' ')}>`
        expect(ELEMENTS.has(element.name), where).toBe(true)
        for (const [attribute, value] of element.attributes) {
          expect(/^(on|style|hx-on|formaction|srcdoc|xlink)/i.test(attribute), where).toBe(false)
          if (/^(href|action|src|hx-get|hx-sse:connect)$/.test(attribute)) {
            // The one page whose business is to lead elsewhere, to an address that was checked before.
            if (name === 'lead on' && value === 'http://evil.example/') continue
            if (INSTALL_LINKS.has(value.replaceAll('&amp;', '&'))) continue
            // Drawn, and of a kind that can do nothing else; which are handed to the page is decided before.
            if (element.name === 'img' && value === 'data:image/png;base64,iVBORw0KGgo=') continue
            expect(value, where).toMatch(/^(\/(?![/\\])|#)/)
          }
          if (attribute.startsWith('hx-')) expect(value, where).not.toContain('js:')
        }
        if (element.name === 'script') expect(element.attributes.get('src'), where).toStartWith('/assets/')
      }
    }
  })

  test('can be written to a strict content security policy: no inline script, style or handler', async () => {
    for (const [name, page] of everyPage('x')) {
      const html = renderPage(page)
      expect(html, name).not.toMatch(/<style|<script(?![^>]* src=)|\sstyle=|\shx-on/)
    }
  })

  test('gives each field a label and no two elements the same id', async () => {
    for (const [name, page] of everyPage('x')) {
      const elements = await elementsOf(renderPage(page))
      const ids = elements.flatMap((element) => element.attributes.get('id') ?? [])
      const labelled = new Set(elements.flatMap((element) => element.attributes.get('for') ?? []))
      expect(new Set(ids).size, `${name}: ${ids}`).toBe(ids.length)
      for (const { name: tag, attributes } of elements) {
        if (!['input', 'textarea', 'select'].includes(tag) || attributes.get('type') === 'hidden') continue
        // The fields inside noscript are wrapped by their label; the nameless one is for password managers.
        if (attributes.get('name') === 'password' && !attributes.has('id')) continue
        if (attributes.has('hidden')) continue
        expect(labelled.has(attributes.get('id') ?? ''), `${name}: ${[...attributes].join(' ')}`).toBe(true)
      }
    }
  })

  test('proves its origin in every form that changes something', () => {
    for (const [name, page] of everyPage('x')) {
      if (['setup', 'sign-in'].includes(name)) continue
      const forms = renderPage(page).match(/<form method="post".*?<\/form>/gs) ?? []
      for (const form of forms) {
        const confirms = name === 'confirm' && form.includes('Confirm')
        expect(confirms || form.includes('name="origin_proof" data-origin-proof'), `${name}: ${form}`).toBe(true)
      }
    }
  })

  test('leads to a token page elsewhere only over https', () => {
    const page = (acquireUrl: string) =>
      renderPage(
        <ConnectPage
          frame={frameWith('x')}
          connection={{ slug: 's', name: 'S', target: 't' }}
          token={{ label: 'Token', acquireUrl, extra: [] }}
          error={null}
        />,
      )
    expect(page('https://example.com/keys')).toContain('href="https://example.com/keys"')
    for (const bad of ['http://example.com/', 'javascript:alert(1)', 'https://user:pw@example.com/', 'nonsense']) {
      expect(page(bad)).not.toContain('target="_blank"')
    }
  })
})

describe('the words and fields that others rely on', () => {
  const decide = renderPage(
    <ApprovalPage
      frame={frameWith('x')}
      call={callWith('tool')}
      earlier={NONE_EARLIER}
      others={{ ofAgent: 0, all: 0 }}
    />,
  )

  test('the approval page has exactly the three buttons, one click each', () => {
    const buttons = [...decide.matchAll(/<button[^>]*name="decision" value="(\w+)"[^>]*>([^<]*)<\/button>/g)]
    expect(buttons.map(([, value, label]) => [value, label])).toEqual([
      ['deny', 'Deny'],
      ['once', 'Approve once'],
      ['always', 'Always approve'],
    ])
    expect(decide).toContain('action="/approve/req_1/decision"')
  })

  test('typing a reason and pressing Enter approves nothing', () => {
    expect(decide).toContain('<textarea id="reason" name="reason"')
    const form = decide.slice(decide.indexOf('action="/approve/req_1/decision"'))
    expect(form.match(/<button type="submit"[^>]*value="(\w+)"/)?.[1]).toBe('deny')
  })

  test('what cannot be allowed for good has no such button', () => {
    const html = renderPage(
      <ApprovalPage
        frame={frameWith('x')}
        call={callWith('x', { canAlways: false })}
        earlier={NONE_EARLIER}
        others={{ ofAgent: 0, all: 0 }}
      />,
    )
    expect(html).not.toContain('value="always"')
  })

  test('a call that is over has no buttons and says how it ended', () => {
    for (const state of STATES) {
      const call = callWith('x', { state, canDecide: false })
      const html = renderPage(
        <ApprovalPage frame={frameWith('x')} call={call} earlier={NONE_EARLIER} others={{ ofAgent: 0, all: 0 }} />,
      )
      expect(html).not.toContain('name="decision"')
      expect(html).toContain('class="ending"')
    }
  })

  test('the sign-in and setup forms send what the server reads', () => {
    const frame = frameWith('x', { user: null })
    const signIn = renderPage(<SignInPage frame={frame} returnTo="/approve/1" email="" error={null} />)
    const setup = renderPage(<SetupPage frame={frame} token="t" email={null} error={null} />)
    const names = (html: string) => [...html.matchAll(/<input[^>]* name="(\w+)"/g)].map(([, name]) => name)
    expect(names(signIn)).toEqual(['return_to', 'new_origin_proof', 'email', 'password'])
    expect(names(setup)).toEqual(['token', 'new_origin_proof', 'email', 'password', 'password_again'])
    expect(signIn).toContain('<label for="field-email">Email</label>')
    expect(signIn).toContain('<label for="field-password">Password</label>')
    expect(signIn).toContain('>Sign in</button>')
  })

  test('the confirm page sends the same fields again with the password', () => {
    const html = renderFragment(
      <ConfirmPage
        frame={frameWith('x')}
        action="/approve/1/decision"
        fields={[{ name: 'decision', value: 'once' }]}
        error={null}
        what="Approve once"
      />,
    )
    expect(html).toContain('action="/approve/1/decision"')
    expect(html).toContain('<input type="hidden" name="decision" value="once"/>')
    expect(html).toContain('name="password"')
  })
})
