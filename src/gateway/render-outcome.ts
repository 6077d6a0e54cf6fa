import type { CallToolResult } from '@modelcontextprotocol/server'
import type { Outcome } from '../approvals/approvals.ts'
import { agentAnswer } from '../calls/calls.ts'

export const renderOutcome = (outcome: Outcome, origin: string): CallToolResult =>
  agentAnswer(outcome, origin) as unknown as CallToolResult
