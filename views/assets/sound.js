// A tone when more waits than before, for whoever turned it on. It is made here, so nothing is fetched for it.
const SOUND_KEY = 'agentport.sound'
const TONES = [
  { hertz: 587, after: 0 },
  { hertz: 880, after: 0.14 },
]
const toggle = document.querySelector('[data-sound]')
const asleep = document.querySelector('[data-sound-asleep]')
let audio = null
let heard = countWaiting()

function countWaiting() {
  return Number(document.querySelector('main [data-waiting-count]')?.dataset.waitingCount) || 0
}

function isOn() {
  try {
    return localStorage.getItem(SOUND_KEY) === 'on'
  } catch {
    return toggle.getAttribute('aria-pressed') === 'true'
  }
}

function keep(on) {
  try {
    if (on) localStorage.setItem(SOUND_KEY, 'on')
    else localStorage.removeItem(SOUND_KEY)
  } catch {
    // Without storage it holds for this page.
  }
}

function show(on) {
  toggle.setAttribute('aria-pressed', String(on))
  showAsleep(on)
}

// After a reload browsers play nothing until the person has touched the page.
function showAsleep(on = isOn()) {
  asleep.hidden = !on || audio?.state === 'running'
}

async function wake() {
  audio ??= new AudioContext()
  await audio.resume()
  showAsleep()
}

function play() {
  if (audio?.state !== 'running') return
  for (const { hertz, after } of TONES) {
    const at = audio.currentTime + after
    const tone = new OscillatorNode(audio, { type: 'sine', frequency: hertz })
    const loudness = new GainNode(audio, { gain: 0 })
    loudness.gain.setValueAtTime(0, at)
    loudness.gain.linearRampToValueAtTime(0.2, at + 0.02)
    loudness.gain.exponentialRampToValueAtTime(0.001, at + 0.45)
    tone.connect(loudness).connect(audio.destination)
    tone.start(at)
    tone.stop(at + 0.5)
  }
}

toggle.addEventListener('click', async () => {
  const on = !isOn()
  keep(on)
  show(on)
  if (!on) return
  await wake()
  play()
})

for (const gesture of ['pointerdown', 'keydown']) {
  document.addEventListener(gesture, () => {
    if (isOn() && audio?.state !== 'running') wake()
  })
}

document.addEventListener('htmx:after:swap', () => {
  const count = countWaiting()
  if (count > heard && isOn()) play()
  heard = count
})

// Another tab may have turned it on or off.
addEventListener('storage', ({ key }) => {
  if (key === SOUND_KEY) show(isOn())
})

toggle.hidden = false
show(isOn())
