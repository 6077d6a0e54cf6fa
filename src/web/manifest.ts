import { APP_COLOURS } from '../../views/app-colours.ts'
import { ASSET_VERSION } from './assets.ts'
import type { OpenRequest, Route } from './routes.ts'

const icon = (name: string, sizes: string, purpose: 'any' | 'maskable' = 'any') => ({
  src: `/assets/${name}?v=${ASSET_VERSION}`,
  sizes,
  type: name.endsWith('.svg') ? 'image/svg+xml' : 'image/png',
  purpose,
})

/** With which a browser installs the pages as a program. It says nothing of the instance, so that it needs no session, which browsers do not send for it. */
const MANIFEST = {
  id: '/',
  name: 'AgentPort',
  short_name: 'AgentPort',
  description: 'One MCP endpoint between agents and your accounts.',
  start_url: '/',
  scope: '/',
  display: 'standalone',
  background_color: APP_COLOURS.light,
  theme_color: APP_COLOURS.light,
  icons: [
    icon('icon.svg', 'any'),
    icon('icon-192.png', '192x192'),
    icon('icon-512.png', '512x512'),
    icon('icon-maskable.png', '512x512', 'maskable'),
  ],
  shortcuts: [
    { name: 'Log', url: '/log' },
    { name: 'Connections', url: '/connections' },
  ],
}

export const manifestRoute: Route<OpenRequest> = {
  method: 'GET',
  path: '/manifest.webmanifest',
  handle: async () =>
    new Response(JSON.stringify(MANIFEST), {
      headers: {
        'content-type': 'application/manifest+json',
        // Its address cannot carry a version.
        'cache-control': 'public, max-age=3600',
        'x-content-type-options': 'nosniff',
      },
    }),
}
