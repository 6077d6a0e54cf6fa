import type { CallPlace, PastCall } from '../approvals/approvals.ts'

export const EXPORT_FORMATS = ['csv', 'jsonl'] as const
export type ExportFormat = (typeof EXPORT_FORMATS)[number]

const TYPES: Record<ExportFormat, string> = {
  csv: 'text/csv; charset=utf-8; header=present',
  jsonl: 'application/x-ndjson; charset=utf-8',
}

/** Relied on by whoever reads an export: add, never rename. */
const COLUMNS: { [name: string]: (call: PastCall) => string | number | boolean | null } = {
  id: (call) => call.id,
  asked_at: (call) => iso(call.askedAt),
  agent: (call) => call.principalName,
  integration_id: (call) => call.connectionSlug,
  integration_name: (call) => call.connectionName,
  tool_name: (call) => call.toolName,
  definition_sha256: (call) => call.definitionHash,
  state: (call) => call.state,
  outcome: (call) => call.outcome,
  is_error: (call) => call.isError,
  decision_mode: (call) => call.decisionMode,
  decided_by: (call) => call.decidedBy,
  decided_at: (call) => iso(call.decidedAt),
  reason: (call) => call.reason,
  settled_at: (call) => iso(call.settledAt),
  duration_ms: (call) => call.durationMs,
  agent_kind: (call) => call.principalKind,
}

const iso = (at: number | null): string | null => (at === null ? null : new Date(at).toISOString())

/** Calls from a place on, and where to go on after them; none may come before the last. */
type Next = (before: CallPlace | null) => Promise<{ calls: PastCall[]; older: CallPlace | null }>

/** All calls as a file. A page at a time, so that a long log fills no memory and holds up nobody. */
export function exportCalls(next: Next, format: ExportFormat): Response {
  const encoder = new TextEncoder()
  const write = format === 'csv' ? asCsv : asJsonLine
  let before: CallPlace | null = null
  let isWanted = true
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      if (format === 'csv') controller.enqueue(encoder.encode(csvRow(Object.keys(COLUMNS))))
    },
    async pull(controller) {
      // A search may look through much and find nothing, and whoever pulls is asked again only once something came.
      while (isWanted) {
        const { calls, older } = await next(before)
        if (!isWanted) return
        if (calls.length > 0) controller.enqueue(encoder.encode(calls.map(write).join('')))
        before = older
        if (!older) return controller.close()
        if (calls.length > 0) return
      }
    },
    cancel() {
      isWanted = false
    },
  })
  return new Response(body, {
    headers: {
      'content-type': TYPES[format],
      'content-disposition': `attachment; filename="agentport-log.${format}"`,
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
    },
  })
}

const asJsonLine = (call: PastCall): string =>
  `${JSON.stringify(Object.fromEntries(Object.entries(COLUMNS).map(([name, read]) => [name, read(call)])))}\n`

const asCsv = (call: PastCall): string => csvRow(Object.values(COLUMNS).map((read) => read(call)))

/** RFC 4180. */
const csvRow = (cells: readonly (string | number | boolean | null)[]): string =>
  `${cells.map((cell) => csvCell(cell === null ? '' : String(cell))).join(',')}\r\n`

/**
 * A spreadsheet takes what begins so for a formula, and agents and servers choose these texts: an apostrophe makes it text.
 * In half of the world it begins a cell at each semicolon too, quoted or not.
 */
const FORMULA = /(^|[;\n])(?=[=+\-@\t\r＝＋－＠])/g

function csvCell(text: string): string {
  const safe = text.replace(FORMULA, "$1'")
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}
