import {
  type CompleteResult,
  type GetPromptResult,
  type InputRequiredResult,
  inputRequired,
  inputResponse,
  ProtocolError,
  ProtocolErrorCode,
  type ReadResourceResult,
  ResourceNotFoundError,
  Server,
  type ServerContext,
} from '@modelcontextprotocol/server'
import { factsOf } from '../../src/gateway/mcp-server.ts'
import { askFor, sealedState } from './fixture-rounds.ts'
import { FIXTURE_TOOLS, PNG } from './fixture-tools.ts'

type Arguments = { [name: string]: string }

/**
 * The server that the official suite expects to find: its scenarios name tools, resources and prompts, and what each answers.
 * It takes the place of our eleven tools behind the gateway's own transport code, and like theirs it is a low-level SDK server.
 */
export function newFixtureServer(): Server {
  const server = new Server(
    { name: 'conformance-fixtures', version: '1.0.0' },
    {
      capabilities: { tools: {}, resources: { subscribe: true }, prompts: {}, completions: {}, logging: {} },
      requestState: { verify: sealedState.verify },
    },
  )

  server.setRequestHandler('tools/list', () => ({
    tools: Object.entries(FIXTURE_TOOLS).map(([name, { description, inputSchema }]) => ({
      name,
      description,
      inputSchema: inputSchema ?? { type: 'object' as const },
    })),
  }))
  server.setRequestHandler('tools/call', async ({ params }, context) => {
    const tool = FIXTURE_TOOLS[params.name]
    if (!tool) throw unknown('tool', params.name)
    if (!factsOf(context).caller.principal.id) throw new Error('The gateway did not say who calls')
    return tool.call(params.arguments ?? {}, context)
  })

  server.setRequestHandler('resources/list', () => ({ resources: RESOURCES }))
  server.setRequestHandler('resources/templates/list', () => ({ resourceTemplates: TEMPLATES }))
  server.setRequestHandler('resources/read', ({ params }) => readResource(params.uri))
  // Subscribing is all that the scenarios do; none of them waits for an update.
  server.setRequestHandler('resources/subscribe', () => ({}))
  server.setRequestHandler('resources/unsubscribe', () => ({}))

  server.setRequestHandler('prompts/list', () => ({
    prompts: Object.entries(PROMPTS).map(([name, { description, takes }]) => ({
      name,
      description,
      arguments: takes.map((argument) => ({ name: argument, description: `The ${argument}`, required: true })),
    })),
  }))
  server.setRequestHandler('prompts/get', ({ params }, context) => {
    const prompt = PROMPTS[params.name]
    if (!prompt) throw unknown('prompt', params.name)
    return prompt.get(params.arguments ?? {}, context)
  })

  server.setRequestHandler('completion/complete', ({ params }): CompleteResult => {
    const values = ['paris', 'park', 'party'].filter((value) => value.startsWith(params.argument.value))
    return { completion: { values, total: values.length, hasMore: false } }
  })
  return server
}

const unknown = (kind: string, name: string) =>
  new ProtocolError(ProtocolErrorCode.InvalidParams, `Unknown ${kind}: ${name}`)

/* Resources. */

const RESOURCES = [
  { uri: 'test://static-text', name: 'static-text', description: 'A text', mimeType: 'text/plain' },
  { uri: 'test://static-binary', name: 'static-binary', description: 'A picture', mimeType: 'image/png' },
  { uri: 'test://watched-resource', name: 'watched-resource', description: 'To subscribe to', mimeType: 'text/plain' },
]
const TEMPLATES = [
  {
    uriTemplate: 'test://template/{id}/data',
    name: 'template',
    description: 'Data of an id',
    mimeType: 'application/json',
  },
]

function readResource(uri: string): ReadResourceResult {
  const id = /^test:\/\/template\/([^/]+)\/data$/.exec(uri)?.[1]
  if (id !== undefined) {
    const text = JSON.stringify({ id, templateTest: true, data: `Data for ID: ${id}` })
    return { contents: [{ uri, mimeType: 'application/json', text }] }
  }
  switch (uri) {
    case 'test://static-text':
      return { contents: [{ uri, mimeType: 'text/plain', text: 'This is the content of the static text resource.' }] }
    case 'test://static-binary':
      return { contents: [{ uri, mimeType: 'image/png', blob: PNG }] }
    case 'test://watched-resource':
      return { contents: [{ uri, mimeType: 'text/plain', text: 'Watched resource content' }] }
    default:
      throw new ResourceNotFoundError(uri)
  }
}

/* Prompts. */

interface FixturePrompt {
  description: string
  takes: string[]
  get(args: Arguments, context: ServerContext): GetPromptResult | InputRequiredResult
}

const says = (text: string) => ({ role: 'user' as const, content: { type: 'text' as const, text } })

const PROMPTS: { [name: string]: FixturePrompt } = {
  test_simple_prompt: {
    description: 'One message without arguments',
    takes: [],
    get: () => ({ messages: [says('This is a simple prompt for testing.')] }),
  },
  test_prompt_with_arguments: {
    description: 'One message that quotes its two arguments',
    takes: ['arg1', 'arg2'],
    get: ({ arg1, arg2 }) => ({ messages: [says(`Prompt with arguments: arg1='${arg1}', arg2='${arg2}'`)] }),
  },
  test_prompt_with_embedded_resource: {
    description: 'A message with a resource in it',
    takes: ['resourceUri'],
    get: ({ resourceUri = '' }) => ({
      messages: [
        {
          role: 'user',
          content: {
            type: 'resource',
            resource: { uri: resourceUri, mimeType: 'text/plain', text: 'Embedded resource content for testing.' },
          },
        },
        says('Please process the embedded resource above.'),
      ],
    }),
  },
  test_prompt_with_image: {
    description: 'A message with a picture in it',
    takes: [],
    get: () => ({
      messages: [
        { role: 'user', content: { type: 'image', data: PNG, mimeType: 'image/png' } },
        says('Please analyze the image above.'),
      ],
    }),
  },
  test_input_required_result_prompt: {
    description: 'A prompt that asks before it answers',
    takes: [],
    get(_, context) {
      const answer = inputResponse(context.mcpReq.inputResponses, 'user_context')
      if (answer.kind !== 'elicit') {
        const asked = askFor('What context should the prompt use?', 'context')
        return inputRequired({ inputRequests: { user_context: asked } })
      }
      return { messages: [says(`Context: ${answer.content?.context ?? answer.action}`)] }
    },
  },
}
