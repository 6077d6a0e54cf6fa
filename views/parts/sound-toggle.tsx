import { Icon } from './icon.tsx'

/** Off until it is turned on, and not there at all without the script that plays it. */
export function SoundToggle() {
  return (
    <div class="sound">
      <button type="button" class="button button-quiet button-small" data-sound aria-pressed="false" hidden>
        <Icon name="sound" />
        <Icon name="silent" />
        <span>
          Sound<span class="on-wide"> when something waits</span>
        </span>
      </button>
      <p class="hint" data-sound-asleep hidden>
        Your browser plays it once you have clicked on this page.
      </p>
    </div>
  )
}
