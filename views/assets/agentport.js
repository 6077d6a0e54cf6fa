// The pages work without this file. It proves the origin of forms, shows local times and copies text.
const PROOF_KEY = 'agentport.origin_proof'
const NEW_PROOF_KEY = 'agentport.new_origin_proof'

function readProof() {
  try {
    return localStorage.getItem(PROOF_KEY) ?? ''
  } catch {
    return ''
  }
}

function makeProof() {
  const bytes = crypto.getRandomValues(new Uint8Array(32))
  const proof = btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '')
  try {
    sessionStorage.setItem(NEW_PROOF_KEY, proof)
    return proof
  } catch {
    return ''
  }
}

// The secret of a sign-in counts once a page shows that it went well: until then an earlier session may still need its own.
function keepNewProof() {
  const signedIn = document.querySelector('form[action="/sign-out"]')
  const refused = document.querySelector('[data-new-origin-proof]')
  try {
    const proof = sessionStorage.getItem(NEW_PROOF_KEY)
    if (!proof || (!signedIn && !refused)) return
    if (signedIn) localStorage.setItem(PROOF_KEY, proof)
    sessionStorage.removeItem(NEW_PROOF_KEY)
  } catch {
    // Without storage the password is asked instead.
  }
}

// htmx parses fragments with scripting off, which turns a noscript's text into live fields.
function dropNoscript(root) {
  for (const element of root.querySelectorAll('noscript')) element.remove()
}

// Capture at the document, so that it runs before htmx collects the form, and for forms swapped in later.
document.addEventListener(
  'submit',
  (event) => {
    const form = event.target
    dropNoscript(form)
    for (const input of form.querySelectorAll('[data-origin-proof]')) input.value = readProof()
    for (const input of form.querySelectorAll('[data-new-origin-proof]')) input.value = makeProof()
  },
  true,
)

document.addEventListener('click', async (event) => {
  const button = event.target.closest?.('[data-copy]')
  const source = button && document.querySelector(button.dataset.copy)
  if (!source) return
  const copied = await copyText(source)
  const label = button.dataset.label ?? button.textContent
  button.dataset.label = label
  button.textContent = copied ? 'Copied' : 'Selected'
  setTimeout(() => {
    button.textContent = label
  }, 2000)
})

// The clipboard is closed to pages on plain http, where selecting for the person is the next best.
async function copyText(source) {
  try {
    await navigator.clipboard.writeText(source.textContent)
    return true
  } catch {
    getSelection().selectAllChildren(source)
    return document.execCommand('copy')
  }
}

const UNITS = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
]
const relative = new Intl.RelativeTimeFormat('en', { numeric: 'auto' })
const local = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' })

function wordsFor(at) {
  const distance = at - Date.now()
  if (Math.abs(distance) > 2 * 86_400_000) return local.format(at)
  for (const [unit, size] of UNITS) {
    if (Math.abs(distance) >= size) return relative.format(Math.trunc(distance / size), unit)
  }
  return distance > 0 ? 'in less than a minute' : 'just now'
}

function showTimes() {
  for (const element of document.querySelectorAll('time[data-time]')) {
    const iso = element.getAttribute('datetime')
    element.title = `${iso.slice(0, 10)} ${iso.slice(11, 19)} UTC`
    const at = Date.parse(iso)
    const words = element.dataset.time === 'exact' ? local.format(at) : wordsFor(at)
    if (element.textContent !== words) element.textContent = words
  }
}

function showWaitingCount() {
  const holder = document.querySelector('main [data-waiting-count]') ?? document.body
  const count = Number(holder.dataset.waitingCount) || 0
  const title = document.title.replace(/^\(\d+\) /, '')
  document.title = count > 0 ? `(${count}) ${title}` : title
  const icon = document.querySelector('link[rel="icon"]')
  const drawn = count > 0 ? icon.dataset.waiting : icon.dataset.calm
  if (icon.getAttribute('href') !== drawn) icon.setAttribute('href', drawn)
  for (const badge of document.querySelectorAll('[data-waiting-badge]')) {
    badge.textContent = String(count)
    badge.hidden = count === 0
  }
}

function refresh() {
  for (const button of document.querySelectorAll('[data-copy]')) button.hidden = false
  showTimes()
  showWaitingCount()
}

keepNewProof()
refresh()
setInterval(showTimes, 15_000)
document.addEventListener('htmx:after:swap', () => {
  dropNoscript(document)
  refresh()
})

// A live part that was led elsewhere means that the session ended: let the whole page be led there.
document.addEventListener('htmx:after:request', (event) => {
  const { response, target } = event.detail.ctx
  if (!response.raw.redirected || target === document.body) return
  event.preventDefault()
  location.reload()
})
