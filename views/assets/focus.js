// What the server sends for a part of the page must not take the focus: where its element is there again, it has it back.
let kept = null

document.addEventListener('htmx:before:swap', () => {
  const { activeElement } = document
  const { id, selectionStart, selectionEnd } = activeElement ?? {}
  kept = id ? { id, selectionStart, selectionEnd } : null
})

document.addEventListener('htmx:after:swap', () => {
  const lost = document.activeElement === null || document.activeElement === document.body
  const again = kept && lost ? document.getElementById(kept.id) : null
  if (!again) return
  again.focus({ preventScroll: true })
  if (typeof kept.selectionStart === 'number') again.setSelectionRange?.(kept.selectionStart, kept.selectionEnd)
})
