import denied from 'lucide/dist/esm/icons/ban.mjs'
import sound from 'lucide/dist/esm/icons/bell.mjs'
import silent from 'lucide/dist/esm/icons/bell-off.mjs'
import agent from 'lucide/dist/esm/icons/bot.mjs'
import done from 'lucide/dist/esm/icons/check.mjs'
import approved from 'lucide/dist/esm/icons/circle-check.mjs'
import ask from 'lucide/dist/esm/icons/circle-question-mark.mjs'
import waiting from 'lucide/dist/esm/icons/clock.mjs'
import unknown from 'lucide/dist/esm/icons/diamond.mjs'
import download from 'lucide/dist/esm/icons/download.mjs'
import more from 'lucide/dist/esm/icons/ellipsis.mjs'
import eye from 'lucide/dist/esm/icons/eye.mjs'
import playground from 'lucide/dist/esm/icons/flask-conical.mjs'
import globe from 'lucide/dist/esm/icons/globe.mjs'
import expired from 'lucide/dist/esm/icons/hourglass.mjs'
import home from 'lucide/dist/esm/icons/house.mjs'
import running from 'lucide/dist/esm/icons/loader.mjs'
import log from 'lucide/dist/esm/icons/logs.mjs'
import note from 'lucide/dist/esm/icons/message-square-text.mjs'
import destructive from 'lucide/dist/esm/icons/octagon-alert.mjs'
import refused from 'lucide/dist/esm/icons/octagon-minus.mjs'
import pen from 'lucide/dist/esm/icons/pen.mjs'
import plug from 'lucide/dist/esm/icons/plug.mjs'
import repeat from 'lucide/dist/esm/icons/repeat.mjs'
import search from 'lucide/dist/esm/icons/search.mjs'
import sent from 'lucide/dist/esm/icons/send.mjs'
import policies from 'lucide/dist/esm/icons/shield-check.mjs'
import settings from 'lucide/dist/esm/icons/sliders-horizontal.mjs'
import warn from 'lucide/dist/esm/icons/triangle-alert.mjs'
import person from 'lucide/dist/esm/icons/user-check.mjs'
import failed from 'lucide/dist/esm/icons/x.mjs'
import { h } from 'preact'

/** Line drawings of the Lucide set, each by what it means here; imported one by one, since all together are thousands. */
const ICONS = {
  waiting,
  approved,
  running,
  done,
  failed,
  unknown,
  denied,
  expired,
  refused,
  ask,
  destructive,
  warn,
  eye,
  pen,
  note,
  sent,
  repeat,
  globe,
  home,
  log,
  plug,
  policies,
  playground,
  agent,
  person,
  settings,
  more,
  sound,
  silent,
  search,
  download,
}

export type IconName = keyof typeof ICONS
export const ICON_NAMES = Object.keys(ICONS) as IconName[]

/** In the size and the colour of the text around it. Its meaning stands beside it in words. */
export function Icon({ name }: { name: IconName }) {
  return (
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true">
      {ICONS[name].map(([tag, attributes]) => h(tag, attributes))}
    </svg>
  )
}

export function BrandMark() {
  return (
    <svg class="brand-mark" viewBox="0 0 32 32" aria-hidden="true">
      <rect width="32" height="32" rx="8" />
      <path d="M11.2 8.4a9 9 0 1 1 0 15.2M5.5 16h5" />
      <circle cx="16" cy="16" r="2.75" />
    </svg>
  )
}
