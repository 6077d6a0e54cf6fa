/** Folded away, since most denials need none and a phone has no room for it. Works without scripts, and is sent open or not. */
export function DenialReason({ text = '' }: { text?: string }) {
  return (
    <details class="more reason" open={text !== ''}>
      <summary>Give a reason for denying</summary>
      {/* Enter in a text area is a line break, so a reason can be typed without deciding anything. */}
      <div class="field">
        <label for="reason">Reason (optional, told to the agent)</label>
        <textarea id="reason" name="reason" rows={2} maxLength={500} autocomplete="off">
          {text}
        </textarea>
      </div>
    </details>
  )
}
