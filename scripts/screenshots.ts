// Pictures of the pages with believable data, light and dark, wide and narrow: bun run screenshots [folder]
// With --readme, those that the README shows are also put where it finds them.

import { copyFileSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { type BrowserContextOptions, chromium, type Page } from 'playwright-core'
import { requestId } from '../test/harness/agent.ts'
import { startApp } from '../test/harness/app.ts'
import { fillSignIn } from '../test/harness/browser.ts'
import { callByHand } from '../test/harness/by-hand.ts'
import { CHROMIUM_FLAGS, chromiumPath } from '../test/harness/chromium.ts'
import { FarEnd } from '../test/harness/far-end.ts'
import { OAuthProgram } from '../test/harness/oauth-program.ts'
import { liveThroughTwoDays, SetClock } from './busy-days.ts'

const { values, positionals } = parseArgs({ options: { readme: { type: 'boolean' } }, allowPositionals: true })
const folder = positionals[0] ?? 'test/output/screenshots'
/** What fits a window is shown; the others whole. */
const IN_A_WINDOW = new Set(['approval', 'home'])
const IN_README = { 'approval-390-light': 'approval.png', 'home-1280-light': 'home.png' }
mkdirSync(folder, { recursive: true })

const payments = new FarEnd([
  {
    name: 'create_refund',
    description: 'Refunds a charge, in whole or in part. The money goes back to the card that was charged.',
    inputSchema: {
      type: 'object',
      required: ['charge', 'amount'],
      properties: {
        charge: { type: 'string', description: 'The charge to refund.' },
        amount: { type: 'integer', minimum: 1, description: 'In the smallest unit of the currency.' },
        currency: { enum: ['eur', 'usd', 'gbp'], default: 'eur' },
        reason: { type: 'string', description: 'Shown to the customer.' },
        metadata: { type: 'object', properties: { order: { type: 'integer' }, gift: { type: 'boolean' } } },
      },
    },
    annotations: { title: 'Create a refund', destructiveHint: true, openWorldHint: true },
  },
  {
    name: 'list_charges',
    description: 'Lists charges, newest first.',
    annotations: { title: 'List charges', readOnlyHint: true },
  },
  {
    name: 'send_letter',
    description: 'Sends a letter to a customer by post and by e-mail.',
    inputSchema: { type: 'object' },
    annotations: { title: 'Send a letter', readOnlyHint: false, destructiveHint: false, openWorldHint: true },
  },
  { name: 'create_invoice', description: 'Writes an invoice.', annotations: { readOnlyHint: false } },
  { name: 'pause_subscription', description: 'Pauses a subscription.' },
  { name: 'delete_customer', description: 'Deletes a customer for good.', annotations: { destructiveHint: true } },
]).start()
const RESULT = { content: [{ type: 'text', text: '{"id":"re_3PqX","status":"succeeded","amount":4200}' }] }
payments.act = ({ name }) => {
  if (name === 'create_invoice') return new Response(null, { status: 502 })
  return RESULT
}

const clock = new SetClock()
const CLAIMS = {
  list: { readOnlyHint: true },
  create: { readOnlyHint: false, destructiveHint: false },
  delete: { destructiveHint: true },
}
const THINGS = 'issues pull_requests branches releases labels comments reviews milestones tags runs keys'.split(' ')
const repositories = new FarEnd(
  THINGS.flatMap((thing) =>
    Object.entries(CLAIMS).map(([verb, annotations]) => ({
      name: `${verb}_${thing}`,
      description: `Can ${verb} the ${thing.replace('_', ' ')} of a repository.`,
      annotations,
    })),
  ),
).start()

const app = await startApp({ clock })
const endTwoDays = await liveThroughTwoDays(app, clock)
await app.install('github', repositories.url)
for (const thing of ['issues', 'labels', 'reviews']) await app.setPolicy('github', `list_${thing}`, 'allow')
await app.install('stripe', payments.url)
await app.install('stripe-test', payments.url)
await app.setPolicy('stripe', 'list_charges', 'allow')
await app.setPolicy('stripe', 'delete_customer', 'deny')
const key = await app.newKey('Claude on my laptop')
const agent = await app.agent('v2-2026', key.key)
const owner = await app.person()

await agent.call('stripe', 'list_charges', { customer: 'cus_Q1', limit: 10 })
await agent.call('stripe', 'delete_customer', { customer: 'cus_Q1' })
const refund = (amount: number) => ({
  charge: 'ch_3PqX7aLkdIwHu7ix',
  amount,
  currency: 'eur',
  reason: 'requested_by_customer',
})
const done = requestId(
  await agent.call('stripe', 'create_refund', refund(900), 'A small refund for the delay, as you asked.'),
)
await owner.decide(done, 'once')
await agent.await(done)
const denied = requestId(await agent.call('stripe', 'create_refund', refund(420000)))
await owner.decide(denied, 'deny', 'Far too much. Ask me first.')
const note = 'Anna Berg wrote that her order 1043 arrived broken. This refunds the whole 42.00 EUR to her card.'
const pending = requestId(await agent.call('stripe', 'create_refund', refund(4200), note))
const lost = requestId(await agent.call('stripe', 'create_invoice', { customer: 'cus_Q1', amount: 1900 }))
await owner.decide(lost, 'once')
await agent.await(lost)
const voided = requestId(
  await agent.call('stripe', 'pause_subscription', { subscription: 'sub_1' }, 'She asked for it.'),
)
await app.setPolicy('stripe', 'pause_subscription', 'deny')
const letter = (body: string) => ({
  customer: 'cus_Q1',
  subject: 'Your order 1043',
  lines: [{ sku: 'mug-blue', quantity: 2 }],
  body,
})
const LETTER = `Dear Anna,

we are sorry that your order 1043 arrived broken. We have refunded the whole amount of 42.00 EUR to the card that you paid with; it will be there within five working days.

You need not send anything back. If you would like us to send the two mugs again, answer this message until Friday and we will pack them in a box of their own this time.

With kind regards,
the people of the mug shop`
const sent = requestId(await agent.call('stripe', 'send_letter', letter(LETTER), 'The letter for Anna.'))
await owner.decide(sent, 'once')
await agent.await(sent)
const NEXT_LETTER = LETTER.replace('42.00 EUR', '24.00 EUR').replace('until Friday', 'until Monday')
const writing = requestId(
  await agent.call(
    'stripe',
    'send_letter',
    letter(NEXT_LETTER),
    'Corrected: the amount was wrong. It has to go today.',
  ),
)
await agent.call('stripe', 'create_refund', refund(1900), 'The second of the three that came back.')

const byHand = await callByHand(app, 'stripe', 'list_charges', { customer: 'cus_Q1', limit: 3 })

// Of a scheme of its own, so that the page that leads on to it stays.
const CURSOR = 'cursor://anysphere.cursor-mcp/oauth/callback'
const program = new OAuthProgram(app.origin)
await program.register({ client_name: 'Cursor', redirect_uris: [CURSOR] })

const PAGES: [name: string, path: string][] = [
  ['home', '/'],
  ['approval', `/approve/${pending}`],
  ['approval-with-a-difference', `/approve/${writing}`],
  ['waiting', `/waiting?agent=${key.id}`],
  ['waiting-decided', `/waiting?agent=${key.id}&decided=${done}&late=${denied}`],
  ['approval-lost', `/approve/${lost}`],
  ['approval-voided', `/approve/${voided}`],
  ['approval-denied', `/approve/${denied}`],
  ['approval-done', `/approve/${done}`],
  ['log', '/log'],
  ['log-filtered', '/log?connection=stripe&tool=create_refund&decided=approved'],
  ['log-searched', '/log?q=order+1043'],
  ['connections', '/connections'],
  ['connection', '/connections/stripe'],
  ['connection-with-many-tools', '/connections/github'],
  ['setting-many', '/connections/github/bulk?mode=allow&group=reads'],
  ['policies', '/policies'],
  ['policies-alone', '/policies?show=alone'],
  ['catalogue', '/catalogue?category=Payments'],
  ['integration', '/catalogue/datadog'],
  ['custom-server', '/catalogue/custom'],
  ['agents', '/agents'],
  ['agent', `/agents/${key.id}`],
  ['connect', '/connect'],
  ['connect-other', '/connect?client=other'],
  ['playground', '/playground'],
  ['playground-tools', '/playground?connection=stripe'],
  ['playground-tool', '/playground?connection=stripe&tool=create_refund'],
  ['playground-call', `/playground?call=${byHand}`],
  ['settings', '/settings'],
]

const browser = await chromium.launch({ executablePath: chromiumPath(), args: CHROMIUM_FLAGS })
const shoot = (page: Page, name: string, fullPage = true) =>
  page.screenshot({ path: join(folder, `${name}.png`), fullPage })

for (const colorScheme of ['light', 'dark'] as const) {
  for (const width of [1280, 390]) {
    const look: BrowserContextOptions = {
      colorScheme,
      viewport: { width, height: width === 390 ? 844 : 800 },
      deviceScaleFactor: width === 390 ? 2 : 1,
    }
    const context = await browser.newContext(look)
    const page = await context.newPage()
    const suffix = `${width}-${colorScheme}`
    await page.goto(`${app.origin}/sign-in`)
    await shoot(page, `sign-in-${suffix}`)
    await fillSignIn(page)
    await page.waitForURL(`${app.origin}/`)
    for (const [name, path] of PAGES) {
      await page.goto(app.origin + path)
      await shoot(page, `${name}-${suffix}`, !IN_A_WINDOW.has(name))
    }
    await page.goto(app.origin + program.authorizePath({ redirect_uri: CURSOR }))
    await shoot(page, `consent-${suffix}`)
    await page.getByLabel('Only these:').check()
    await shoot(page, `consent-chosen-${suffix}`)
    await page.getByRole('button', { name: 'Allow', exact: true }).click()
    // The form is sent without a connection ticked: the page says so.
    await page.getByRole('alert').waitFor()
    await shoot(page, `consent-refused-${suffix}`)
    await page.getByLabel('All, also').check()
    await page.getByRole('button', { name: 'Allow', exact: true }).click()
    await page.getByRole('heading', { name: 'Signed in' }).waitFor()
    await shoot(page, `lead-on-${suffix}`)
    await context.close()
  }
}

await browser.close()
await agent.close()
await app.stop()
await payments.stop()
await repositories.stop()
await endTwoDays()
if (values.readme)
  for (const [picture, name] of Object.entries(IN_README))
    copyFileSync(join(folder, `${picture}.png`), join('.github', name))
console.log(`Pictures are in ${folder}`)
process.exit(0)
