/** Text of ours to copy and paste. The button shows only where JavaScript runs. */
export function Code({ id, text, label = 'Copy' }: { id: string; text: string; label?: string }) {
  return (
    <div class="code">
      <pre dir="ltr">
        <code id={id}>{text}</code>
      </pre>
      <button type="button" class="button button-small" data-copy={`#${id}`} hidden>
        {label}
      </button>
    </div>
  )
}
