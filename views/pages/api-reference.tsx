import { Layout } from '../layout.tsx'
import { Code } from '../parts/code.tsx'
import type { ApiAnswer, ApiField, ApiOperation, ApiReference, ApiType, PageFrame } from '../types.ts'

export interface ApiReferencePageProps {
  frame: PageFrame
  reference: ApiReference
}

export function ApiReferencePage({ frame, reference }: ApiReferencePageProps) {
  return (
    <Layout frame={frame} title="API">
      <section class="section">
        <h1>The API for scripts</h1>
        <p class="lead">
          For agents that live in a shell, and for your own scripts. The same in the form that programs read is at{' '}
          <a href="/api/openapi.json">/api/openapi.json</a>.
        </p>
      </section>
      {reference.groups.map(({ name, lead, operations, always }) => (
        <section class="section">
          <h2>{name}</h2>
          <p>{lead}</p>
          {operations.map((operation) => (
            <Operation operation={operation} />
          ))}
          <details class="more">
            <summary>What each of them may answer besides</summary>
            <Answers answers={always} />
          </details>
        </section>
      ))}
      <section class="section">
        <h2>Shapes</h2>
        {reference.shapes.map(({ name, fields }) => (
          <div class="operation" id={`shape-${name}`}>
            <h3>{name}</h3>
            <Fields fields={fields} />
          </div>
        ))}
      </section>
    </Layout>
  )
}

function Operation({ operation }: { operation: ApiOperation }) {
  const { id, method, path, summary, description, asks, answers, example } = operation
  return (
    <details class="operation card" id={id}>
      <summary>
        <span class="operation-method">{method}</span> <code>{path}</code>
        <span class="operation-summary">{summary}</span>
      </summary>
      {description !== null && <p>{description}</p>}
      {asks.length > 0 && <Fields fields={asks} />}
      <Answers answers={answers} />
      <Code id={`example-${id}`} text={example} />
    </details>
  )
}

function Answers({ answers }: { answers: ApiAnswer[] }) {
  return (
    <dl class="fields">
      {answers.map(({ status, description, type }) => (
        <div>
          <dt>
            <code>{status}</code>
          </dt>
          <dd>
            {description}
            {type !== null && (
              <>
                {': '}
                <Type type={type} />
              </>
            )}
          </dd>
        </div>
      ))}
    </dl>
  )
}

function Fields({ fields }: { fields: (ApiField & { where?: string })[] }) {
  return (
    <dl class="fields">
      {fields.map(({ name, where, type, required, description }) => (
        <div>
          <dt>
            <code>{name}</code>
            {required && <span class="hint"> always</span>}
          </dt>
          <dd>
            {where !== undefined && <span class="hint">in the {where}, </span>}
            <Type type={type} />
            {description !== null && <>. {description}</>}
          </dd>
        </div>
      ))}
    </dl>
  )
}

/** In words, with the named shapes among them as links. */
function Type({ type: { text, shapes } }: { type: ApiType }) {
  return (
    <>
      {text
        .split(/(\w+)/)
        .map((word) => (shapes.includes(word) ? <a href={`#shape-${encodeURIComponent(word)}`}>{word}</a> : word))}
    </>
  )
}
