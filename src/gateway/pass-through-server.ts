import {
  isInputRequiredResult,
  type JSONRPCRequest,
  type Result,
  Server,
  type ServerContext,
} from '@modelcontextprotocol/server'

type Handler = (request: JSONRPCRequest, context: ServerContext) => Promise<Result>

/**
 * The SDK's server, but for the results of tool calls. The SDK holds them against the schema of its own day: a kind of content it does
 * not know turns a call that has run into an error, and fields it does not know are lost. Foreign results pass as they are.
 */
export class PassThroughServer extends Server {
  protected override _wrapHandler(method: string, handler: Handler): Handler {
    if (method !== 'tools/call') return super._wrapHandler(method, handler)
    return async (request, context) => {
      let finished: Result | null = null
      const rest = super._wrapHandler(method, async (checked, itsContext) => {
        const result = await handler(checked, itsContext)
        // Asking the client is the SDK's business: it differs between the generations.
        if (isInputRequiredResult(result)) return result
        finished = result
        return { content: [] }
      })
      const answer = await rest(request, context)
      return finished ?? answer
    }
  }
}
