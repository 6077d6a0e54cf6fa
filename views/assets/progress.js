// A form that is being sent says so once it takes half a second, and is not sent a second time meanwhile.
const SLOW_MS = 500
/** A page that is still here after this long was not left: the form may be tried again. */
const GIVEN_UP_MS = 60_000
const WORKING = 'Working…'

/** What is being sent, and how to be as before. */
const sending = new Map()

function release(form) {
  const undo = sending.get(form) ?? []
  sending.delete(form)
  for (const act of undo) act()
  document.documentElement.toggleAttribute('data-working', sending.size > 0)
}
const releaseAll = () => {
  for (const form of [...sending.keys()]) release(form)
}

function sayWorking(form, submitter) {
  const undo = sending.get(form)
  document.documentElement.toggleAttribute('data-working', true)
  for (const button of form.querySelectorAll('button[type="submit"]')) {
    if (button.disabled) continue
    button.disabled = true
    undo.push(() => {
      button.disabled = false
    })
  }
  // A segment of a row has no room for the word; the bar at the top says it.
  if (!submitter?.classList.contains('button')) return
  const words = [...submitter.childNodes]
  submitter.style.minWidth = `${submitter.offsetWidth}px`
  submitter.textContent = WORKING
  undo.push(() => {
    submitter.style.minWidth = ''
    // What the server has put there meanwhile stays.
    if (submitter.textContent === WORKING) submitter.replaceChildren(...words)
  })
}

document.addEventListener(
  'submit',
  (event) => {
    const { target: form, submitter } = event
    if (form.method === 'dialog') return
    if (sending.has(form)) {
      event.preventDefault()
      event.stopImmediatePropagation()
      return
    }
    const slow = setTimeout(() => sayWorking(form, submitter), SLOW_MS)
    const over = setTimeout(() => release(form), GIVEN_UP_MS)
    sending.set(form, [() => clearTimeout(slow), () => clearTimeout(over)])
  },
  true,
)

const isSentByHtmx = (form) => form.matches('[hx-boost], [hx-post], [hx-get]')

// Whoever takes the form over without sending it anywhere needs no progress; htmx does send it.
window.addEventListener('submit', (event) => {
  if (event.defaultPrevented && !isSentByHtmx(event.target)) release(event.target)
})

// What other parts of the page fetch meanwhile is not the answer to this form.
document.addEventListener('htmx:finally:request', (event) => {
  for (const form of [...sending.keys()]) {
    if (event.target === form || !form.isConnected) release(form)
  }
})
// A page that comes back from the browser's memory is as it was when it was left.
window.addEventListener('pageshow', releaseAll)
