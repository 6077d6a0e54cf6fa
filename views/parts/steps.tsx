import { Code } from './code.tsx'
import { elsewhere } from './safe-href.ts'
import type { Step } from './ways-in.ts'

/** Steps of ours to follow in another program; a sentence where there are none. */
export function Steps({ id, steps }: { id: string; steps: Step[] | string }) {
  if (typeof steps === 'string') return <p class="notice notice-warn">{steps}</p>
  return (
    <>
      {steps.map(({ where, code, link, note }, index) => {
        const href = link && elsewhere(link.href)
        return (
          <div class="recipe">
            <h3 class="hint">{where}</h3>
            {code !== undefined && <Code id={`${id}-${index}`} text={code} />}
            {link && href && (
              <p>
                <a class="button button-primary" href={href}>
                  {link.label}
                </a>
              </p>
            )}
            {note !== undefined && <p class="hint">{note}</p>}
          </div>
        )
      })}
    </>
  )
}
