import type { VNode } from 'preact'
import { PlaygroundPage, PlaygroundToolsPage } from '../../views/pages/playground.tsx'
import { type ArgumentsForm, PlaygroundCallPage } from '../../views/pages/playground-call.tsx'
import type { ToldAgent } from '../../views/parts/agent-answer.tsx'
import type { ArgumentField, ArgumentInput } from '../../views/parts/argument-fields.tsx'
import type { CallDetail, PageFrame, Picture } from '../../views/types.ts'

const PICTURE: Picture = { type: 'image/png', data: 'iVBORw0KGgo=' }

function fieldWith(text: string, id: string, input: ArgumentInput): ArgumentField {
  const key = `/${id}`
  return { key, id, name: text, description: text.repeat(12), required: true, fallback: text, input, error: text }
}

/** Every field there is, one of them around others. */
export function fieldsWith(text: string): ArgumentField[] {
  const inputs: ArgumentInput[] = [
    { is: 'text', value: `\n${text}` },
    { is: 'number', whole: true, value: text },
    { is: 'choice', options: ['', text].map((label) => ({ value: label, label })), value: text },
    { is: 'lines', of: 'number', value: text },
    { is: 'json', value: text },
  ]
  const single = inputs.map((input, index) => fieldWith(text, `argument-${index}`, input))
  const inner = inputs.map((input, index) => fieldWith(text, `argument-9-${index}`, input))
  return [...single, fieldWith(text, 'argument-9', { is: 'group', fields: inner })]
}

/** The pages on which a person tries a tool, with this text wherever a string goes in. */
export function playgroundPages(text: string, frame: PageFrame, call: CallDetail): [string, VNode][] {
  const connection = { slug: text, name: `${text} name` }
  const { hints } = call.tool
  const told: ToldAgent = { outcome: text, isError: true, text }
  const answered: CallDetail = {
    ...call,
    state: 'executed',
    result: {
      json: JSON.stringify({ content: [{ type: 'text', text }], structuredContent: { [text]: text } }),
      isError: false,
      sizeBytes: 10,
      pictures: [PICTURE],
    },
  }
  const page = (form: ArgumentsForm, over: Partial<Parameters<typeof PlaygroundCallPage>[0]> = {}) => (
    <PlaygroundCallPage
      frame={frame}
      connection={connection}
      tool={{ name: text, title: `${text} title`, description: text, hints, mode: 'allow' }}
      definition={JSON.stringify({ [text]: text })}
      definitionHash="f"
      ticket={text}
      form={form}
      begun={{ id: text, agent: { name: text }, argumentsJson: JSON.stringify({ [text]: text }) }}
      error={text}
      broken={text}
      answer={{ call, told }}
      {...over}
    />
  )
  const long = { name: text, title: text, description: text.repeat(60), hints, mode: 'deny' as const }
  return [
    ['playground', <PlaygroundPage frame={frame} connections={[{ ...connection, connected: false, toolCount: 1 }]} />],
    ['playground without connections', <PlaygroundPage frame={frame} connections={[]} />],
    [
      'playground, tools',
      <PlaygroundToolsPage
        frame={frame}
        connection={connection}
        query={text}
        tools={[{ name: text, title: `${text} title`, hints, mode: 'require_approval' }]}
        more={1}
      />,
    ],
    ...[text, ''].map((query): [string, VNode] => [
      `playground, no tools, asked for ${query.length}`,
      <PlaygroundToolsPage frame={frame} connection={connection} query={query} tools={[]} more={0} />,
    ]),
    ['playground, fields', page({ as: 'fields', fields: fieldsWith(text) })],
    ['playground, no fields', page({ as: 'fields', fields: [] }, { answer: null, tool: long })],
    ...(['chosen', 'large', 'unusual', 'no_field_fits'] as const).map((why): [string, VNode] => [
      `playground, ${why}`,
      page(
        { as: 'json', json: text, error: text, why },
        { error: null, answer: { call: answered, told: { ...told, text: null } } },
      ),
    ]),
  ]
}
