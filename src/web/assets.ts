import htmxSse from 'htmx.org/dist/ext/hx-sse.min.js' with { type: 'text' }
import htmx from 'htmx.org/dist/htmx.min.js' with { type: 'text' }
import script from '../../views/assets/agentport.js' with { type: 'text' }
import approvalCss from '../../views/assets/approval.css' with { type: 'text' }
import callCss from '../../views/assets/call.css' with { type: 'text' }
import callRowsCss from '../../views/assets/call-rows.css' with { type: 'text' }
import catalogueCss from '../../views/assets/catalogue.css' with { type: 'text' }
import comfortCss from '../../views/assets/comfort.css' with { type: 'text' }
import consentCss from '../../views/assets/consent.css' with { type: 'text' }
import controlsCss from '../../views/assets/controls.css' with { type: 'text' }
import designCss from '../../views/assets/design.css' with { type: 'text' }
import exactTextCss from '../../views/assets/exact-text.css' with { type: 'text' }
import focus from '../../views/assets/focus.js' with { type: 'text' }
import frameCss from '../../views/assets/frame.css' with { type: 'text' }
import homeCss from '../../views/assets/home.css' with { type: 'text' }
import icon from '../../views/assets/icon.svg' with { type: 'text' }
import icon192 from '../../views/assets/icon-192.png' with { type: 'file' }
import icon512 from '../../views/assets/icon-512.png' with { type: 'file' }
import iconMaskable from '../../views/assets/icon-maskable.png' with { type: 'file' }
import iconTouch from '../../views/assets/icon-touch.png' with { type: 'file' }
import iconWaiting from '../../views/assets/icon-waiting.svg' with { type: 'text' }
import listsCss from '../../views/assets/lists.css' with { type: 'text' }
import live from '../../views/assets/live.js' with { type: 'text' }
import logCss from '../../views/assets/log.css' with { type: 'text' }
import logScript from '../../views/assets/log.js' with { type: 'text' }
import monogramCss from '../../views/assets/monogram.css' with { type: 'text' }
import playgroundCss from '../../views/assets/playground.css' with { type: 'text' }
import policyCss from '../../views/assets/policy.css' with { type: 'text' }
import progress from '../../views/assets/progress.js' with { type: 'text' }
import referenceCss from '../../views/assets/reference.css' with { type: 'text' }
import settingsCss from '../../views/assets/settings.css' with { type: 'text' }
import shortcuts from '../../views/assets/shortcuts.js' with { type: 'text' }
import sound from '../../views/assets/sound.js' with { type: 'text' }
import tokensCss from '../../views/assets/tokens.css' with { type: 'text' }
import toolCss from '../../views/assets/tool.css' with { type: 'text' }
import waitingCss from '../../views/assets/waiting.css' with { type: 'text' }
import { sha256Hex } from '../lib/hashes.ts'
import { LICENCE } from '../lib/licence.ts'

interface Asset {
  type: string
  text: string
}

const JAVASCRIPT = 'text/javascript; charset=utf-8'

/** Served as one, in the order they build on each other. */
const STYLE = [
  tokensCss,
  frameCss,
  controlsCss,
  exactTextCss,
  listsCss,
  callRowsCss,
  homeCss,
  logCss,
  monogramCss,
  catalogueCss,
  callCss,
  approvalCss,
  waitingCss,
  consentCss,
  toolCss,
  policyCss,
  referenceCss,
  playgroundCss,
  settingsCss,
  designCss,
  comfortCss,
].join('\n')

/** Named one by one: what is not on this list is not served, whatever the path looks like. */
const ASSETS = new Map<string, Asset>([
  ['agentport.css', { type: 'text/css; charset=utf-8', text: STYLE }],
  ['agentport.js', { type: JAVASCRIPT, text: script }],
  ['live.js', { type: JAVASCRIPT, text: live }],
  ['htmx.js', { type: JAVASCRIPT, text: htmx }],
  ['hx-sse.js', { type: JAVASCRIPT, text: htmxSse }],
  ['shortcuts.js', { type: JAVASCRIPT, text: shortcuts }],
  ['progress.js', { type: JAVASCRIPT, text: progress }],
  ['focus.js', { type: JAVASCRIPT, text: focus }],
  ['sound.js', { type: JAVASCRIPT, text: sound }],
  ['log.js', { type: JAVASCRIPT, text: logScript }],
  ['licence.txt', { type: 'text/plain; charset=utf-8', text: LICENCE }],
  ['icon.svg', { type: 'image/svg+xml', text: icon }],
  ['icon-waiting.svg', { type: 'image/svg+xml', text: iconWaiting }],
])

/** By their paths: files beside the sources, or in the binary, read when they are asked for. */
const PICTURES = new Map([
  ['icon-192.png', icon192],
  ['icon-512.png', icon512],
  ['icon-maskable.png', iconMaskable],
  ['icon-touch.png', iconTouch],
])

/** Part of each asset's address, so that a new version is fetched and an old one kept for ever. The pictures are drawn from icon.svg, which is in it. */
export const ASSET_VERSION = sha256Hex([...ASSETS.values()].map((asset) => asset.text).join('')).slice(0, 12)

export function serveAsset(name: string): Response | null {
  const picture = PICTURES.get(name)
  const asset = picture === undefined ? ASSETS.get(name) : { type: 'image/png', text: Bun.file(picture) }
  if (!asset) return null
  return new Response(asset.text, {
    headers: {
      'content-type': asset.type,
      'cache-control': 'public, max-age=31536000, immutable',
      'x-content-type-options': 'nosniff',
      'content-security-policy': "default-src 'none'",
    },
  })
}
