import { type ExactJson, parseExactJson } from './exact-json.ts'
import type { RequestBodies } from './request-body.ts'

/** Arguments are limited to 256 KB; the rest is room to say so properly instead of cutting the connection. */
const MAX_JSON_BYTES = 4 * 1024 * 1024

/** What a caller with a credential sends. @throws AppError too_large, too_slow, bad_request. */
export async function readJsonBody(
  bodies: RequestBodies,
  request: Request,
  owner: string,
): Promise<ExactJson | 'not_json' | 'empty'> {
  const bytes = await bodies.read(request, owner, MAX_JSON_BYTES)
  if (bytes.byteLength === 0) return 'empty'
  try {
    return parseExactJson(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch {
    return 'not_json'
  }
}
