/** What a key does; shortcuts.js reads where they lead from here, so that the sheet is never wrong. */
const PLACES = [
  { keys: 'g h', href: '/', words: 'Home' },
  { keys: 'g l', href: '/log', words: 'Log' },
  { keys: 'g c', href: '/connections', words: 'Connections' },
  { keys: 'g o', href: '/policies', words: 'Policies' },
  { keys: 'g a', href: '/agents', words: 'Agents' },
  { keys: 'g p', href: '/playground', words: 'Playground' },
  { keys: 'g s', href: '/settings', words: 'Settings' },
]
const MOVES = [
  { keys: 'j', words: 'The next in a list' },
  { keys: 'k', words: 'The one before' },
  { keys: 'Enter', words: 'Open it' },
  { keys: '/', words: 'Search' },
  { keys: '?', words: 'This sheet' },
]

/** None of them decides anything: for that there is a button to look at first. */
export function ShortcutSheet() {
  return (
    <dialog id="shortcuts" class="sheet" aria-labelledby="shortcuts-title">
      <h2 id="shortcuts-title">Keyboard shortcuts</h2>
      <p class="hint">They lead from page to page. None of them approves or denies.</p>
      <dl class="keys">
        {PLACES.map(({ keys, href, words }) => (
          <div data-keys={keys} data-href={href}>
            <dt>
              <Keys keys={keys} />
            </dt>
            <dd>{words}</dd>
          </div>
        ))}
        {MOVES.map(({ keys, words }) => (
          <div>
            <dt>
              <Keys keys={keys} />
            </dt>
            <dd>{words}</dd>
          </div>
        ))}
      </dl>
      <form method="dialog" class="sheet-foot">
        <label class="choice" for="shortcuts-on">
          <input type="checkbox" id="shortcuts-on" checked />
          <span>On in this browser</span>
        </label>
        <button type="submit" class="button" autofocus>
          Close
        </button>
      </form>
    </dialog>
  )
}

function Keys({ keys }: { keys: string }) {
  return (
    <>
      {keys.split(' ').map((key, index) => (
        <>
          {index > 0 && ' '}
          <kbd>{key}</kbd>
        </>
      ))}
    </>
  )
}
