import { Layout } from '../layout.tsx'
import { AgentAnswer, type ToldAgent } from '../parts/agent-answer.tsx'
import { type ArgumentField, ArgumentFields, asTyped } from '../parts/argument-fields.tsx'
import { type Begun, BegunWith } from '../parts/begun-with.tsx'
import { ExactLine, ExactText, Name } from '../parts/exact-text.tsx'
import { FormError } from '../parts/field.tsx'
import { Hints } from '../parts/hints.tsx'
import { eventStream, refetchOnChange } from '../parts/live-region.ts'
import { MarksFound } from '../parts/marks-found.tsx'
import { ModeWord } from '../parts/mode-word.tsx'
import { PostForm } from '../parts/post-form.tsx'
import { stringsIn } from '../parts/strings-in.ts'
import type { ApprovalMode, CallDetail, PageFrame, ToolHints } from '../types.ts'

export type ArgumentsForm =
  | { as: 'fields'; fields: ArgumentField[] }
  | { as: 'json'; json: string; error: string | null; why: 'chosen' | 'large' | 'unusual' | 'no_field_fits' }

export interface PlaygroundCallPageProps {
  frame: PageFrame
  connection: { slug: string; name: string }
  tool: { name: string; title: string | null; description: string | null; hints: ToolHints; mode: ApprovalMode }
  /** The whole definition, as JSON. */
  definition: string
  definitionHash: string
  /** With which this form, sent twice, runs once. */
  ticket: string
  form: ArgumentsForm
  /** The agent's call that the form began with. */
  begun: Begun | null
  /** Why it was not run, in our words; and what the tool's own schema says against the arguments. */
  error: string | null
  broken: string | null
  answer: Answer | null
}

export interface Answer {
  call: CallDetail
  told: ToldAgent
}

/** A tool with a form for its arguments, and what came of the last call. */
export function PlaygroundCallPage(props: PlaygroundCallPageProps) {
  const { frame, connection, tool, definition, form, begun, error, broken, answer } = props
  const { slug } = connection
  return (
    <Layout frame={frame} title="Playground" section="playground">
      <section class="section">
        <p class="overline">
          <a href="/playground">Playground</a>
          <span aria-hidden="true"> / </span>
          <a href={`/playground?${new URLSearchParams({ connection: slug })}`}>
            <Name text={connection.name} />
          </a>
        </p>
        <div class="tool-head">
          <h1 class="with-state">
            <ExactLine text={tool.name} />
            <ModeWord mode={tool.mode} />
          </h1>
          {tool.title !== null && tool.title !== tool.name && (
            <p class="tool-title">
              <ExactLine text={tool.title} />
            </p>
          )}
          <Hints hints={tool.hints} lead="Server claims:" />
          <MarksFound texts={stringsIn(definition)} />
          {tool.description !== null && <Description text={tool.description} />}
          <p class="hint">
            {MODE_WORDS[tool.mode]}{' '}
            <a href={`/connections/${encodeURIComponent(slug)}/tool?${new URLSearchParams({ name: tool.name })}`}>
              Its definition
            </a>
          </p>
        </div>
        <FormError error={error ?? (broken === null ? null : 'The arguments do not fit what the tool asks for:')} />
        {broken !== null && <ExactText text={broken} quiet />}
        {begun && <BegunWith begun={begun} />}
        <MendFirst form={form} />
        <CallForm {...props} />
      </section>
      {answer && (
        <div {...eventStream({ inBackground: false })}>
          <section
            id="answer"
            class="section part"
            aria-labelledby="answer-title"
            aria-live="polite"
            {...refetchOnChange(`/playground/answer?${new URLSearchParams({ call: answer.call.id })}`)}
          >
            <AgentAnswer {...answer} />
          </section>
        </div>
      )}
    </Layout>
  )
}

const MODE_WORDS: Record<ApprovalMode, string> = {
  allow: 'Your policy allows it, so it runs at once and takes effect.',
  require_approval: 'Your policy asks first: Run leads to the request, and nothing happens until you approve it there.',
  deny: 'Your policy denies it: what you run is blocked, as it is for an agent.',
}

const SHORT_DESCRIPTION = 400

function Description({ text }: { text: string }) {
  if (text.length <= SHORT_DESCRIPTION) return <ExactText text={text} quiet />
  return (
    <details class="more">
      <summary>What its server says it does</summary>
      <ExactText text={text} quiet />
    </details>
  )
}

/** Which fields have to be mended, each a link to it. */
function MendFirst({ form }: { form: ArgumentsForm }) {
  const wrong = form.as === 'fields' ? wrongIn(form.fields) : []
  if (wrong.length === 0) return null
  return (
    <div class="notice notice-error" role="alert">
      <p>Nothing ran. To be mended first:</p>
      <ul>
        {wrong.map(({ id, name }) => (
          <li>
            <a href={`#${id}`}>
              <Name text={name} />
            </a>
          </li>
        ))}
      </ul>
    </div>
  )
}

const wrongIn = (fields: ArgumentField[]): ArgumentField[] =>
  fields.flatMap((field) =>
    field.input.is === 'group' ? wrongIn(field.input.fields) : field.error === null ? [] : [field],
  )

function CallForm({ frame, connection, tool, definitionHash, ticket, form, begun }: PlaygroundCallPageProps) {
  return (
    <PostForm
      action="/playground"
      proof={frame.proof}
      class="stack card arguments"
      submit={
        <div class="actions">
          <button type="submit" name="do" value="run" class="button button-primary">
            Run
          </button>
          {form.as === 'fields' && (
            <button type="submit" name="do" value="json" class="button" formNoValidate>
              Write it as JSON
            </button>
          )}
          {form.as === 'json' && form.why !== 'large' && form.why !== 'unusual' && (
            <button type="submit" name="do" value="fields" class="button" formNoValidate>
              Back to the fields
            </button>
          )}
        </div>
      }
    >
      {/* Encoded, since a form would change the line breaks of a name. */}
      <input type="hidden" name="connection" value={connection.slug} />
      <input type="hidden" name="tool" value={encodeURIComponent(tool.name)} />
      <input type="hidden" name="definition" value={definitionHash} />
      <input type="hidden" name="ticket" value={ticket} />
      <input type="hidden" name="as" value={form.as} />
      {begun && <input type="hidden" name="begun" value={begun.id} />}
      {form.as === 'json' && <JsonField form={form} />}
      {form.as === 'fields' && form.fields.length === 0 && (
        <p class="hint">The tool names no arguments. If it takes any, write them as JSON.</p>
      )}
      {form.as === 'fields' && <ArgumentFields fields={form.fields} />}
    </PostForm>
  )
}

const WHY_JSON = {
  chosen: null,
  large: 'The tool takes more than a form can show.',
  unusual: 'What the tool takes cannot be put in fields.',
  no_field_fits: 'These arguments do not fit the fields.',
} as const

function JsonField({ form: { json, error, why } }: { form: Extract<ArgumentsForm, { as: 'json' }> }) {
  const notes = ['arguments-hint', ...(error === null ? [] : ['arguments-error'])].join(' ')
  return (
    <div class="field">
      <label for="arguments">Arguments</label>
      {error !== null && (
        <p class="field-error" id="arguments-error">
          {error}
        </p>
      )}
      <textarea
        id="arguments"
        name="json"
        class="json json-whole"
        rows={8}
        spellcheck={false}
        autocomplete="off"
        aria-describedby={notes}
        aria-invalid={error === null ? undefined : 'true'}
      >
        {asTyped(json)}
      </textarea>
      <p class="hint" id="arguments-hint">
        {WHY_JSON[why]} One JSON object, sent as it stands here.
      </p>
    </div>
  )
}
