import { ROUND_TOOLS } from './fixture-rounds.ts'
import { type FixtureTool, text } from './fixture-tool.ts'

/** One red pixel. */
export const PNG = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg=='
/** Sixteen-bit mono at 8 kHz, and none of it. */
const WAV = 'UklGRiQAAABXQVZFZm10IBAAAAABAAEAQB8AAIA+AAACABAAZGF0YQAAAAA='
/** The pause that the scenarios ask for between two notifications. */
const PAUSE_MS = 50

const image = { type: 'image' as const, data: PNG, mimeType: 'image/png' }

function oneString(name: string): NonNullable<FixtureTool['inputSchema']> {
  return { type: 'object', properties: { [name]: { type: 'string' } }, required: [name] }
}

/** Tools of one answer. */
const CONTENT_TOOLS: { [name: string]: FixtureTool } = {
  test_simple_text: {
    description: 'Answers with text',
    call: () => text('This is a simple text response for testing.'),
  },
  test_image_content: { description: 'Answers with a picture', call: () => ({ content: [image] }) },
  test_audio_content: {
    description: 'Answers with sound',
    call: () => ({ content: [{ type: 'audio', data: WAV, mimeType: 'audio/wav' }] }),
  },
  test_embedded_resource: {
    description: 'Answers with a resource',
    call: () => {
      const told = 'This is an embedded resource content.'
      const resource = { uri: 'test://embedded-resource', mimeType: 'text/plain', text: told }
      return { content: [{ type: 'resource', resource }] }
    },
  },
  test_multiple_content_types: {
    description: 'Answers with text, a picture and a resource',
    call: () => {
      const json = JSON.stringify({ test: 'data', value: 123 })
      const resource = { uri: 'test://mixed-content-resource', mimeType: 'application/json', text: json }
      return {
        content: [{ type: 'text', text: 'Multiple content types test:' }, image, { type: 'resource', resource }],
      }
    },
  },
  test_error_handling: {
    description: 'Always fails',
    call: () => ({ ...text('This tool intentionally returns an error for testing'), isError: true }),
  },
  json_schema_2020_12_tool: {
    description: 'Tool with JSON Schema 2020-12 features',
    inputSchema: {
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      type: 'object',
      $defs: {
        address: {
          $anchor: 'addressDef',
          type: 'object',
          properties: { street: { type: 'string' }, city: { type: 'string' } },
        },
      },
      properties: {
        name: { type: 'string' },
        address: { $ref: '#/$defs/address' },
        contactMethod: { type: 'string', enum: ['phone', 'email'] },
        phone: { type: 'string' },
        email: { type: 'string' },
      },
      allOf: [{ anyOf: [{ required: ['phone'] }, { required: ['email'] }] }],
      if: { properties: { contactMethod: { const: 'phone' } }, required: ['contactMethod'] },
      // biome-ignore lint/suspicious/noThenProperty: JSON Schema names it so.
      then: { required: ['phone'] },
      else: { required: ['email'] },
      additionalProperties: false,
    },
    call: () => text('done'),
  },
}

/** Tools that say something before they answer. */
const TALKING_TOOLS: { [name: string]: FixtureTool } = {
  test_tool_with_progress: {
    description: 'Reports progress three times',
    async call(_, { mcpReq }) {
      const progressToken = mcpReq._meta?.progressToken
      for (const progress of [0, 50, 100]) {
        if (progressToken !== undefined) {
          await mcpReq.notify({ method: 'notifications/progress', params: { progressToken, progress, total: 100 } })
        }
        await Bun.sleep(PAUSE_MS)
      }
      return text('Progress reported')
    },
  },
  test_tool_with_logging: {
    description: 'Logs three times',
    async call(_, { mcpReq }) {
      for (const line of ['Tool execution started', 'Tool processing data', 'Tool execution completed']) {
        await mcpReq.log('info', line)
        await Bun.sleep(PAUSE_MS)
      }
      return text('Logged')
    },
  },
  test_logging_tool: {
    description: 'Logs once, for those who asked for logs',
    async call(_, { mcpReq }) {
      await mcpReq.log('info', 'Heard only by who asked for it')
      return text('Logged')
    },
  },
}

/** Tools of the 2025 generation, which put requests of their own to the client in the middle of a call. */
const ASKING_TOOLS: { [name: string]: FixtureTool } = {
  test_sampling: {
    description: 'Lets the client ask its model',
    inputSchema: oneString('prompt'),
    async call({ prompt }, { mcpReq }) {
      const messages = [{ role: 'user' as const, content: { type: 'text' as const, text: String(prompt) } }]
      const { content } = await mcpReq.requestSampling({ messages, maxTokens: 100 })
      return text(`LLM response: ${JSON.stringify(content)}`)
    },
  },
  test_elicitation: {
    description: 'Lets the client ask its person',
    inputSchema: oneString('message'),
    async call({ message }, { mcpReq }) {
      const answer = await mcpReq.elicitInput({
        message: String(message),
        requestedSchema: {
          type: 'object',
          properties: {
            username: { type: 'string', description: "User's response" },
            email: { type: 'string', description: "User's email address" },
          },
          required: ['username', 'email'],
        },
      })
      return text(`User response: ${JSON.stringify(answer)}`)
    },
  },
  test_elicitation_sep1034_defaults: {
    description: 'Asks with a default for each primitive type',
    async call(_, { mcpReq }) {
      const { action, content } = await mcpReq.elicitInput({
        message: 'Please review these values',
        requestedSchema: {
          type: 'object',
          properties: {
            name: { type: 'string', default: 'John Doe' },
            age: { type: 'integer', default: 30 },
            score: { type: 'number', default: 95.5 },
            status: { type: 'string', enum: ['active', 'inactive', 'pending'], default: 'active' },
            verified: { type: 'boolean', default: true },
          },
        },
      })
      return text(`Elicitation completed: action=${action}, content=${JSON.stringify(content)}`)
    },
  },
  test_elicitation_sep1330_enums: {
    description: 'Asks with each form of an enumeration',
    async call(_, { mcpReq }) {
      const plain = ['option1', 'option2', 'option3']
      const titled = (word: string) => [
        { const: 'value1', title: `First ${word}` },
        { const: 'value2', title: `Second ${word}` },
        { const: 'value3', title: `Third ${word}` },
      ]
      const { action, content } = await mcpReq.elicitInput({
        message: 'Please choose',
        requestedSchema: {
          type: 'object',
          properties: {
            untitledSingle: { type: 'string', enum: plain },
            titledSingle: { type: 'string', oneOf: titled('Option') },
            legacyEnum: {
              type: 'string',
              enum: ['opt1', 'opt2', 'opt3'],
              enumNames: ['Option One', 'Option Two', 'Option Three'],
            },
            untitledMulti: { type: 'array', items: { type: 'string', enum: plain } },
            titledMulti: { type: 'array', items: { anyOf: titled('Choice') } },
          },
        },
      })
      return text(`Elicitation completed: action=${action}, content=${JSON.stringify(content)}`)
    },
  },
}

export const FIXTURE_TOOLS: { [name: string]: FixtureTool } = {
  ...CONTENT_TOOLS,
  ...TALKING_TOOLS,
  ...ASKING_TOOLS,
  ...ROUND_TOOLS,
}
