// Keys that lead from page to page and through lists; the sheet says which. They press no button, so that none of them decides.
const OFF_KEY = 'agentport.shortcuts_off'
const SECOND_KEY_MS = 1_500
const ROWS = 'main a.row, main .tool h3 a'

let waitsForSecond = 0

const isOff = () => {
  try {
    return localStorage.getItem(OFF_KEY) !== null
  } catch {
    return false
  }
}

function turn(on) {
  try {
    if (on) localStorage.removeItem(OFF_KEY)
    else localStorage.setItem(OFF_KEY, '1')
  } catch {
    // Without storage they are on again on the next page.
  }
}

const isTyping = (element) =>
  element instanceof Element && element.closest('input, textarea, select, [contenteditable], dialog') !== null

function step(by) {
  const rows = [...document.querySelectorAll(ROWS)].filter((row) => row.checkVisibility())
  const at = rows.indexOf(document.activeElement)
  const next = at === -1 ? (by > 0 ? 0 : -1) : at + by
  rows.at(Math.min(next, rows.length - 1))?.focus()
}

function openSheet() {
  const sheet = document.querySelector('#shortcuts')
  sheet.querySelector('#shortcuts-on').checked = !isOff()
  sheet.showModal()
}

function placeOf(keys) {
  const line = [...document.querySelectorAll('#shortcuts [data-keys]')].find((each) => each.dataset.keys === keys)
  return line?.dataset.href
}

function press(key) {
  if (Date.now() < waitsForSecond) {
    waitsForSecond = 0
    const href = placeOf(`g ${key}`)
    if (href) location.assign(href)
    return Boolean(href)
  }
  switch (key) {
    case 'g':
      waitsForSecond = Date.now() + SECOND_KEY_MS
      return true
    case 'j':
    case 'k':
      step(key === 'j' ? 1 : -1)
      return true
    case '/': {
      const search = document.querySelector('main input[type="search"]')
      search?.focus()
      return Boolean(search)
    }
    default:
      return false
  }
}

document.addEventListener('keydown', (event) => {
  const { key, target, repeat, isComposing } = event
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || isComposing) return
  if (isTyping(target) || document.querySelector('dialog[open]')) return
  // The sheet is where they are turned on again.
  if (key === '?') openSheet()
  else if (isOff() || (repeat && key !== 'j' && key !== 'k') || !press(key)) return
  event.preventDefault()
})

document.addEventListener('click', (event) => {
  if (event.target.closest?.('[data-open-shortcuts]')) openSheet()
})
document.addEventListener('change', (event) => {
  if (event.target.id === 'shortcuts-on') turn(event.target.checked)
})

const show = () => {
  for (const button of document.querySelectorAll('[data-open-shortcuts]')) button.hidden = false
}
show()
document.addEventListener('htmx:after:swap', show)
