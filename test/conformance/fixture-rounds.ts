import {
  acceptedContent,
  CLIENT_CAPABILITIES_META_KEY,
  type ClientCapabilities,
  createRequestStateCodec,
  type InputRequest,
  inputRequired,
  inputResponse,
  type PrimitiveSchemaDefinition,
} from '@modelcontextprotocol/server'
import { type FixtureTool, text } from './fixture-tool.ts'

/** What a tool of several rounds remembers between them, in the client's hands. */
interface RoundState {
  round: number
  name?: unknown
}

/** The state is signed, and bound to the principal that the gateway names and to the method: changed or borrowed, it is refused. */
export const sealedState = createRequestStateCodec<RoundState>({
  key: crypto.getRandomValues(new Uint8Array(32)),
  bind: ({ mcpReq, http }) => `${mcpReq.method} ${http?.authInfo?.clientId ?? ''}`,
})

/** Asks the person for one value. */
export function askFor(
  message: string,
  name: string,
  value: PrimitiveSchemaDefinition = { type: 'string' },
): InputRequest {
  return inputRequired.elicit({
    message,
    requestedSchema: { type: 'object', properties: { [name]: value }, required: [name] },
  })
}

function askModel(question: string, maxTokens: number): InputRequest {
  return inputRequired.createMessage({
    messages: [{ role: 'user', content: { type: 'text', text: question } }],
    maxTokens,
  })
}

/** Tools of the 2026 generation, which ask by answering: the client repeats the call with what was asked for. */
export const ROUND_TOOLS: { [name: string]: FixtureTool } = {
  test_input_required_result_elicitation: {
    description: 'Asks the person for a name',
    call(_, { mcpReq }) {
      const given = acceptedContent<{ name?: unknown }>(mcpReq.inputResponses, 'user_name')
      if (typeof given?.name === 'string') return text(`Hello, ${given.name}!`)
      return inputRequired({ inputRequests: { user_name: askFor('What is your name?', 'name') } })
    },
  },
  test_input_required_result_sampling: {
    description: 'Asks the model for a capital',
    call(_, { mcpReq }) {
      const given = inputResponse(mcpReq.inputResponses, 'capital_question')
      if (given.kind === 'sampling') return text(JSON.stringify(given.result.content))
      return inputRequired({ inputRequests: { capital_question: askModel('What is the capital of France?', 100) } })
    },
  },
  test_input_required_result_list_roots: {
    description: 'Asks the client for its roots',
    call(_, { mcpReq }) {
      const given = inputResponse(mcpReq.inputResponses, 'client_roots')
      if (given.kind === 'roots') return text(`Roots: ${given.roots.map(({ uri }) => uri).join(', ')}`)
      return inputRequired({ inputRequests: { client_roots: inputRequired.listRoots() } })
    },
  },
  test_input_required_result_request_state: {
    description: 'Hands out a state and takes it back',
    async call(_, context) {
      const state = context.mcpReq.requestState<RoundState>()
      if (state?.round === 1 && acceptedContent(context.mcpReq.inputResponses, 'confirm')) return text('state-ok')
      return inputRequired({
        inputRequests: { confirm: askFor('Please confirm', 'ok', { type: 'boolean' }) },
        requestState: await sealedState.mint({ round: 1 }, context),
      })
    },
  },
  test_input_required_result_multiple_inputs: {
    description: 'Asks the person, the model and the client at once',
    async call(_, context) {
      const { inputResponses } = context.mcpReq
      const name = acceptedContent<{ name?: unknown }>(inputResponses, 'user_name')?.name
      const greeting = inputResponse(inputResponses, 'greeting')
      const roots = inputResponse(inputResponses, 'client_roots')
      if (typeof name === 'string' && greeting.kind === 'sampling' && roots.kind === 'roots') {
        return text(`${JSON.stringify(greeting.result.content)} ${name}, of ${roots.roots.length} roots`)
      }
      return inputRequired({
        inputRequests: {
          user_name: askFor('What is your name?', 'name'),
          greeting: askModel('Generate a greeting', 50),
          client_roots: inputRequired.listRoots(),
        },
        requestState: await sealedState.mint({ round: 1 }, context),
      })
    },
  },
  test_input_required_result_multi_round: {
    description: 'Asks for a name, then for a colour',
    async call(_, context) {
      const state = context.mcpReq.requestState<RoundState>()
      const { inputResponses } = context.mcpReq
      const name = acceptedContent<{ name?: unknown }>(inputResponses, 'step1')?.name
      const color = acceptedContent<{ color?: unknown }>(inputResponses, 'step2')?.color
      if (state?.round === 2 && typeof color === 'string') return text(`${state.name} likes ${color}`)
      if (state?.round === 1 && typeof name === 'string') {
        return inputRequired({
          inputRequests: { step2: askFor('Step 2: What is your favorite color?', 'color') },
          requestState: await sealedState.mint({ round: 2, name }, context),
        })
      }
      return inputRequired({
        inputRequests: { step1: askFor('Step 1: What is your name?', 'name') },
        requestState: await sealedState.mint({ round: 1 }, context),
      })
    },
  },
  test_input_required_result_tampered_state: {
    description: 'Hands out a state that must come back unchanged',
    async call(_, context) {
      if (context.mcpReq.requestState<RoundState>()) return text('The state came back unchanged')
      return inputRequired({
        inputRequests: { confirm: askFor('Please confirm', 'ok', { type: 'boolean' }) },
        requestState: await sealedState.mint({ round: 1 }, context),
      })
    },
  },
  test_input_required_result_capabilities: {
    description: 'Asks only for what the client can do',
    call(_, { mcpReq }) {
      const envelope: { [key: string]: unknown } = mcpReq.envelope ?? {}
      const can = envelope[CLIENT_CAPABILITIES_META_KEY] as ClientCapabilities
      return inputRequired({
        inputRequests: {
          ...(can.sampling ? { greeting: askModel('Generate a greeting', 50) } : {}),
          ...(can.elicitation ? { user_name: askFor('What is your name?', 'name') } : {}),
        },
      })
    },
  },
  test_missing_capability: {
    description: 'Asks the model whether or not the client has one',
    call: () => inputRequired({ inputRequests: { question: askModel('Anybody there?', 10) } }),
  },
  test_streaming_elicitation: {
    description: 'Asks the person, and must do so by its answer alone',
    call: () => inputRequired({ inputRequests: { user_name: askFor('What is your name?', 'name') } }),
  },
}
