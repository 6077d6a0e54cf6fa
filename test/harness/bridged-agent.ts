import { StdioClientTransport as TransportV2 } from '@modelcontextprotocol/client/stdio'
import { StdioClientTransport as TransportV1 } from '@modelcontextprotocol/sdk/client/stdio.js'
import { type Agent, agentOver, type Generation } from './agent.ts'
import type { Program } from './program.ts'

export interface BridgedAgent extends Agent {
  /** The bridge's process. */
  pid: number
  stderr(): string
}

/** An agent whose client starts `agentport bridge` itself and speaks to it on a pipe, as a configuration file has it. */
export async function bridgedAgent(
  [command = '', ...words]: Program,
  env: Record<string, string>,
  generation: Generation = 'v2-2026',
): Promise<BridgedAgent> {
  const parameters = { command, args: [...words, 'bridge'], env, stderr: 'pipe' as const }
  const transport = generation === 'v1' ? new TransportV1(parameters) : new TransportV2(parameters)
  let stderr = ''
  transport.stderr?.on('data', (chunk: Buffer) => {
    stderr += chunk.toString()
  })
  const agent = await agentOver(transport, generation)
  return { ...agent, pid: transport.pid ?? 0, stderr: () => stderr }
}
