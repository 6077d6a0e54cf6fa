import type { ComponentChildren } from 'preact'
import { APP_COLOURS } from './app-colours.ts'
import { BrandMark, Icon, type IconName } from './parts/icon.tsx'
import { PostForm } from './parts/post-form.tsx'
import { ShortcutSheet } from './parts/shortcut-sheet.tsx'
import type { PageFrame } from './types.ts'

export type Section = 'home' | 'log' | 'connections' | 'policies' | 'agents' | 'playground' | 'settings'

export interface LayoutProps {
  frame: PageFrame
  /** Our own words only: a title cannot show marks. */
  title: string
  section?: Section
  /** focus: one task and nothing to wander off to. narrow: a form. */
  shape?: 'page' | 'narrow' | 'focus'
  /** Where the browser goes on to by itself, scripts or not. */
  leadTo?: string | null
  /** Besides those that every page has, whose names they do not share. */
  scripts?: readonly string[]
  children: ComponentChildren
}

interface Place {
  section: Section
  href: string
  label: string
  icon: IconName
  /** Where a phone has no room for it beside the others. */
  folded?: true
}

const NAV: Place[] = [
  { section: 'home', href: '/', label: 'Home', icon: 'home' },
  { section: 'log', href: '/log', label: 'Log', icon: 'log' },
  { section: 'connections', href: '/connections', label: 'Connections', icon: 'plug' },
  { section: 'policies', href: '/policies', label: 'Policies', icon: 'policies', folded: true },
  { section: 'agents', href: '/agents', label: 'Agents', icon: 'agent' },
  { section: 'playground', href: '/playground', label: 'Playground', icon: 'playground', folded: true },
  { section: 'settings', href: '/settings', label: 'Settings', icon: 'settings', folded: true },
]

/** Each with names of its own. */
const EVERYWHERE = ['focus.js', 'progress.js']

// A strict policy forbids what htmx would inject or evaluate, and its history snapshots have no use here.
const HTMX_CONFIG = JSON.stringify({
  includeIndicatorCSS: false,
  history: false,
  extensions: 'sse',
})

export function Layout({ frame, title, section, shape = 'page', leadTo = null, scripts = [], children }: LayoutProps) {
  const asset = (name: string) => `/assets/${name}?v=${encodeURIComponent(frame.assetVersion)}`
  const waiting = frame.user ? frame.waitingCount : 0
  return (
    <html lang="en" data-appearance={frame.appearance === 'system' ? undefined : frame.appearance}>
      <head>
        <meta charset="utf-8" />
        <title>{`${waiting > 0 ? `(${waiting}) ` : ''}${title} · AgentPort`}</title>
        <meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover" />
        <meta name="color-scheme" content={frame.appearance === 'system' ? 'light dark' : frame.appearance} />
        <meta name="referrer" content="same-origin" />
        <meta name="robots" content="noindex" />
        {leadTo !== null && <meta http-equiv="refresh" content={`0; url=${leadTo}`} />}
        <meta name="htmx-config" content={HTMX_CONFIG} />
        <link
          rel="icon"
          type="image/svg+xml"
          href={asset(waiting > 0 ? 'icon-waiting.svg' : 'icon.svg')}
          data-calm={asset('icon.svg')}
          data-waiting={asset('icon-waiting.svg')}
        />
        <link rel="apple-touch-icon" href={asset('icon-touch.png')} />
        <link rel="manifest" href="/manifest.webmanifest" />
        <ThemeColour appearance={frame.appearance} />
        <link rel="stylesheet" href={asset('agentport.css')} />
        <script src={asset('agentport.js')} defer />
        {[...EVERYWHERE, ...(frame.user ? ['shortcuts.js'] : []), ...scripts].map((name) => (
          <script src={asset(name)} type="module" />
        ))}
        {/* Not deferred: htmx then starts on a timer, sometimes before its extension is there, and the page is never live. */}
        {frame.user && <script src={asset('live.js')} defer />}
        {frame.user && <script src={asset('htmx.js')} />}
        {frame.user && <script src={asset('hx-sse.js')} />}
      </head>
      <body class={`shape-${shape}`} data-waiting-count={waiting}>
        <a class="skip" href="#main">
          Skip to the page
        </a>
        <Header frame={frame} />
        {frame.user && <Nav waiting={waiting} section={section} />}
        <main id="main" class="main" tabIndex={-1}>
          {frame.notice && (
            <p class={`notice notice-${frame.notice.kind}`} role={frame.notice.kind === 'error' ? 'alert' : 'status'}>
              {frame.notice.text}
            </p>
          )}
          {children}
          {frame.user && shape === 'page' && <Foot />}
        </main>
        {frame.user && <ShortcutSheet />}
      </body>
    </html>
  )
}

/** What the system draws around the pages. */
function ThemeColour({ appearance }: Pick<PageFrame, 'appearance'>) {
  if (appearance !== 'system') return <meta name="theme-color" content={APP_COLOURS[appearance]} />
  return (
    <>
      <meta name="theme-color" media="(prefers-color-scheme: light)" content={APP_COLOURS.light} />
      <meta name="theme-color" media="(prefers-color-scheme: dark)" content={APP_COLOURS.dark} />
    </>
  )
}

/** Of use only where scripts run, which show it. */
function Foot() {
  return (
    <footer class="foot">
      <button type="button" class="button button-quiet" data-open-shortcuts hidden>
        Keyboard shortcuts
      </button>
    </footer>
  )
}

function Header({ frame }: { frame: PageFrame }) {
  return (
    <header class="header">
      <a class="brand" href="/">
        <BrandMark />
        AgentPort
      </a>
      {frame.user && (
        <div class="account">
          <PostForm
            action="/sign-out"
            proof={frame.proof}
            askPassword="after"
            submit={
              <button type="submit" class="button button-quiet">
                Sign out
              </button>
            }
          />
        </div>
      )}
    </header>
  )
}

function Nav({ waiting, section }: { waiting: number; section: Section | undefined }) {
  const folded = NAV.filter((item) => item.folded)
  return (
    <nav class="nav" aria-label="Main">
      {NAV.map((item) => (
        <a
          href={item.href}
          class={item.folded && 'nav-folded'}
          aria-current={item.section === section ? 'page' : undefined}
        >
          <Icon name={item.icon} />
          {item.label}
          {item.section === 'home' && (
            <span class="badge" data-waiting-badge hidden={waiting === 0}>
              {waiting}
            </span>
          )}
        </a>
      ))}
      <details class="nav-more">
        <summary class={folded.some((item) => item.section === section) ? 'nav-here' : undefined}>
          <Icon name="more" />
          More
        </summary>
        <div class="nav-menu">
          {folded.map((item) => (
            <a href={item.href} aria-current={item.section === section ? 'page' : undefined}>
              <Icon name={item.icon} />
              {item.label}
            </a>
          ))}
        </div>
      </details>
    </nav>
  )
}
