import { ICON_NAMES, Icon } from '../parts/icon.tsx'
import { Monogram } from '../parts/monogram.tsx'
import type { Specimen } from './specimen.tsx'

const COLOURS = [
  'ground',
  'surface',
  'sunken',
  'ink',
  'ink-2',
  'line',
  'line-strong',
  'accent',
  'theirs',
  'mark',
  'alike',
  'wait',
  'good',
  'bad',
  'odd',
  'still',
]
const SIZES = ['xl', 'l', 'm', 's', 'xs']

export const STYLE_SPECIMENS: Specimen[] = [
  {
    part: 'shortcut-sheet',
    about: 'Which keys lead where; it opens by ? on this page too.',
    states: [{ name: 'closed', shown: 'Press ? to see it.' }],
  },
  {
    part: null,
    about: 'Tokens, buttons and notices: nothing else has a colour or a size of its own.',
    states: [
      {
        name: 'Colours',
        shown: (
          <ul class="swatches">
            {COLOURS.map((name) => (
              <li>
                <span class={`swatch swatch-${name}`} />
                {name}
              </li>
            ))}
          </ul>
        ),
      },
      { name: 'Sizes of text', shown: SIZES.map((size) => <p class={`size-${size}`}>{size}, as it is read</p>) },
      {
        name: 'Buttons',
        shown: (
          <div class="actions">
            <button type="button" class="button button-primary">
              Primary
            </button>
            <button type="button" class="button">
              Plain
            </button>
            <button type="button" class="button button-quiet">
              Quiet
            </button>
            <button type="button" class="button button-danger">
              Danger
            </button>
            <button type="button" class="button" disabled>
              Disabled
            </button>
          </div>
        ),
      },
      ...(['ok', 'warn', 'error'] as const).map((kind) => ({
        name: `Notice, ${kind}`,
        shown: <p class={`notice notice-${kind}`}>Something happened that is to be read.</p>,
      })),
      {
        name: 'Nothing to show',
        shown: (
          <div class="empty">
            <Icon name="done" />
            <p>Nothing waits. When an agent needs your yes, it appears here at once.</p>
          </div>
        ),
      },
    ],
  },
  {
    part: 'icon',
    about: 'What each drawing means; words always stand beside it.',
    states: [
      {
        name: 'all',
        shown: (
          <ul class="swatches">
            {ICON_NAMES.map((name) => (
              <li>
                <Icon name={name} /> {name}
              </li>
            ))}
          </ul>
        ),
      },
    ],
  },
  {
    part: 'monogram',
    about: 'Tells services apart at a glance.',
    states: ['github', 'stripe', 'linear', 'notion'].map((id) => ({
      name: id,
      shown: <Monogram id={id} name={id.toUpperCase()} />,
    })),
  },
]
