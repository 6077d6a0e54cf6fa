import { Code } from './code.tsx'

/** A credential of ours, on the only page that ever shows it. */
export function ShownOnce({ id, text, label }: { id: string; text: string; label: string }) {
  return (
    <>
      <p class="notice notice-warn">
        <strong>Copy it now.</strong> It is shown this once; AgentPort keeps only its hash.
      </p>
      <Code id={id} text={text} label={label} />
    </>
  )
}
