import type { ComponentChildren } from 'preact'

/** One part of the pages, in each state that it can have. */
export interface Specimen {
  /** The file in views/parts that it shows; null for what is style alone. */
  part: string | null
  /** What it is for, in a sentence. */
  about: string
  states: { name: string; shown: ComponentChildren }[]
}

export function SpecimenSection({ specimen: { part, about, states } }: { specimen: Specimen }) {
  return (
    <section class="section" id={part ?? undefined}>
      <div class="section-head">
        <h2>{part ?? 'Style'}</h2>
        <p class="hint">{about}</p>
      </div>
      <div class="specimens">
        {states.map(({ name, shown }) => (
          <figure class="specimen">
            <figcaption class="hint">{name}</figcaption>
            <div>{shown}</div>
          </figure>
        ))}
      </div>
    </section>
  )
}
