// A machine that slept holds streams that are dead without having ended, and waits long before it tries again.
// The server says something every 20 seconds: who hears nothing for longer asks anew, and whoever comes back asks at once.
const SILENCE_MS = 50_000

let stream = null
let heardAt = Date.now()
const heard = () => {
  heardAt = Date.now()
}

function wake() {
  if (!stream || document.hidden) return
  stream.delayCanceller?.()
  if (Date.now() - heardAt > SILENCE_MS) stream.reader?.cancel()
}

document.addEventListener('htmx:sse:after:connection', (event) => {
  stream = event.detail.connection
  heard()
})
document.addEventListener('htmx:sse:before:message', heard)
document.addEventListener('visibilitychange', wake)
window.addEventListener('online', wake)
window.addEventListener('pageshow', wake)
setInterval(wake, 10_000)
