// The log without this file is in UTC. Here its days, times and links become those of the reader.
const DAY_WORDS = new Intl.DateTimeFormat('en-GB', { dateStyle: 'full' })
const CLOCK = new Intl.DateTimeFormat('en-GB', { timeStyle: 'medium' })
const two = (number) => String(number).padStart(2, '0')

/** A minute as an input has it, in the reader's time. */
function localMinute(date) {
  const day = [date.getFullYear(), two(date.getMonth() + 1), two(date.getDate())].join('-')
  return `${day}T${two(date.getHours())}:${two(date.getMinutes())}`
}
const utcMinute = (date) => date.toISOString().slice(0, 16)
const isDate = (date) => !Number.isNaN(date.getTime())

function midnight(daysAgo) {
  const now = new Date()
  return new Date(now.getFullYear(), now.getMonth(), now.getDate() - daysAgo)
}

function showClocks() {
  for (const element of document.querySelectorAll('time[data-clock]')) {
    const iso = element.getAttribute('datetime')
    element.title = `${iso.slice(0, 10)} ${iso.slice(11, 19)} UTC`
    element.textContent = CLOCK.format(new Date(iso))
  }
}

function dayWords(date) {
  const [today, yesterday] = [midnight(0), midnight(1)].map((each) => DAY_WORDS.format(each))
  const words = DAY_WORDS.format(date)
  return words === today ? `Today, ${words}` : words === yesterday ? `Yesterday, ${words}` : words
}

function drawDays(list) {
  const heading = list.querySelector('.day')
  if (!heading) return
  for (const day of list.querySelectorAll('.day')) day.remove()
  let last = ''
  for (const row of [...list.children]) {
    const date = new Date(row.querySelector('time').getAttribute('datetime'))
    const words = dayWords(date)
    if (words === last) continue
    last = words
    const day = heading.cloneNode(true)
    const time = day.querySelector('time')
    time.textContent = words
    time.setAttribute('datetime', localMinute(date).slice(0, 10))
    row.before(day)
  }
}

function setRanges() {
  const here = new URL(location.href).searchParams
  for (const link of document.querySelectorAll('[data-from-days]')) {
    const { fromDays, untilDays } = link.dataset
    const url = new URL(link.href)
    url.searchParams.set('from', utcMinute(midnight(Number(fromDays))))
    if (untilDays) url.searchParams.set('until', utcMinute(midnight(Number(untilDays))))
    link.href = url.pathname + url.search
    const isThis = ['from', 'until'].every((name) => (here.get(name) ?? '') === (url.searchParams.get(name) ?? ''))
    if (isThis) link.setAttribute('aria-current', 'true')
    else link.removeAttribute('aria-current')
  }
}

// The field shows the reader's time and has no name; beside it goes what is sent.
function takeLocalTimes() {
  for (const input of document.querySelectorAll('[data-utc-input]')) {
    const sent = document.createElement('input')
    sent.type = 'hidden'
    sent.name = input.name
    sent.value = input.value
    input.removeAttribute('name')
    const date = new Date(`${input.value}Z`)
    if (isDate(date)) input.value = localMinute(date)
    input.addEventListener('input', () => {
      const chosen = new Date(input.value)
      sent.value = isDate(chosen) ? utcMinute(chosen) : ''
    })
    input.after(sent)
  }
}

// What was left open need not stand in the address.
document.querySelector('[data-log-filter]').addEventListener('formdata', ({ formData }) => {
  for (const [name, value] of [...formData]) if (value === '') formData.delete(name)
})

for (const note of document.querySelectorAll('[data-utc]')) note.remove()
for (const list of document.querySelectorAll('[data-days]')) drawDays(list)
showClocks()
setRanges()
takeLocalTimes()
