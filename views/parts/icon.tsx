/** Small line drawings, 16 × 16, drawn in the colour of the text around them. */
const SHAPES = {
  waiting: 'M8 4.5V8l2.2 1.6M14 8A6 6 0 1 1 2 8a6 6 0 0 1 12 0Z',
  approved: 'M5.3 8.2 7.2 10l3.6-3.8M14 8A6 6 0 1 1 2 8a6 6 0 0 1 12 0Z',
  running: 'M8 2a6 6 0 1 1-6 6M8 5v3h3',
  done: 'm3 8.6 3.2 3.1L13 4.6',
  failed: 'm4 4 8 8m0-8-8 8',
  unknown: 'M8 1.6 14.4 8 8 14.4 1.6 8 8 1.6Zm0 3.6v3.4m0 2.1v.1',
  denied: 'M14 8A6 6 0 1 1 2 8a6 6 0 0 1 12 0ZM3.9 12.1l8.2-8.2',
  expired: 'M4 2.2h8M4 13.8h8M5 2.2c0 3 2.2 4.2 3 5.8.8-1.6 3-2.8 3-5.8M5 13.8c0-3 2.2-4.2 3-5.8.8 1.6 3 2.8 3 5.8',
  refused: 'M5.4 2h5.2L14 5.4v5.2L10.6 14H5.4L2 10.6V5.4L5.4 2ZM5 8h6',
  ask: 'M14 8A6 6 0 1 1 2 8a6 6 0 0 1 12 0ZM6.4 6.4a1.7 1.7 0 1 1 2.3 1.7c-.5.2-.7.5-.7 1m0 1.9v.1',
  warn: 'M8 2.4 14.6 13.6H1.4L8 2.4Zm0 4v3m0 2v.1',
  eye: 'M1.5 8S4 3.6 8 3.6 14.5 8 14.5 8 12 12.4 8 12.4 1.5 8 1.5 8Zm8.3 0a1.8 1.8 0 1 1-3.6 0 1.8 1.8 0 0 1 3.6 0Z',
  globe: 'M14 8A6 6 0 1 1 2 8a6 6 0 0 1 12 0ZM2 8h12M8 2c3.2 3.4 3.2 8.6 0 12M8 2C4.8 5.4 4.8 10.6 8 14',
  home: 'M2.5 7.2 8 2.5l5.5 4.7V13.5h-3.7V9.8H6.2v3.7H2.5V7.2Z',
  log: 'M5.8 4h7.7M5.8 8h7.7m-7.7 4h7.7M2.6 4h.1m-.1 4h.1m-.1 4h.1',
  plug: 'M5.5 2v3m5-3v3M3.8 5h8.4v2.4A4.2 4.2 0 0 1 8 11.6a4.2 4.2 0 0 1-4.2-4.2V5ZM8 11.6V14',
  agent:
    'M4 6h8a1.5 1.5 0 0 1 1.5 1.5v4A1.5 1.5 0 0 1 12 13H4a1.5 1.5 0 0 1-1.5-1.5v-4A1.5 1.5 0 0 1 4 6Zm4 0V3.2M6 9.5h.1m3.8 0h.1',
  settings:
    'M2 4.5h6.2m3.6 0H14M2 11.5h2.2m3.6 0H14M11.8 4.5a1.8 1.8 0 1 1-3.6 0 1.8 1.8 0 0 1 3.6 0Zm-4 7a1.8 1.8 0 1 1-3.6 0 1.8 1.8 0 0 1 3.6 0Z',
  next: 'm6 3.5 4.5 4.5L6 12.5',
} as const

export type IconName = keyof typeof SHAPES

export function Icon({ name }: { name: IconName }) {
  return (
    <svg class="icon" viewBox="0 0 16 16" aria-hidden="true">
      <path d={SHAPES[name]} />
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
