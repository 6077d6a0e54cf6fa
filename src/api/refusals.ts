import { z } from 'zod'
import { ERROR_CODES, type ErrorCode } from '../lib/errors.ts'
import type { Documented } from './operation.ts'

/** Where something sent does not fit, and why. Never what was sent: it may be a secret. */
export interface Misfit {
  in: 'query' | 'body'
  path: (string | number)[]
  type: string
  message: string
}

/** How a door says no. */
export interface Refusals {
  name: string
  /** What every refusal looks like. */
  schema: z.ZodType
  refuse(status: number, message: string, misfits?: readonly Misfit[]): object
}

const DetailItem = z.object({
  type: z.string(),
  loc: z.array(z.union([z.string(), z.int()])).describe('Where: "body" or "query", then the names on the way there'),
  msg: z.string(),
})

/** As scripts for the original AgentPort read them. */
export const Detail = z
  .object({
    detail: z.union([z.string(), z.array(DetailItem)]).describe('What is wrong; a list where the request does not fit'),
  })
  .meta({ id: 'Detail' })

export const forAgents: Refusals = {
  name: 'Detail',
  schema: Detail,
  refuse: (_, message, misfits) =>
    ({
      detail:
        misfits?.map(({ type, in: where, path, message: msg }) => ({ type, loc: [where, ...path], msg })) ?? message,
    }) satisfies z.input<typeof Detail>,
}

const CODES = ['internal', ...Object.keys(ERROR_CODES)] as ['internal', ...ErrorCode[]]

export const Problem = z
  .object({
    error: z.object({
      code: z.enum(CODES),
      message: z.string().describe('For people'),
      fields: z
        .array(z.object({ in: z.enum(['query', 'body']), path: z.string(), message: z.string() }))
        .optional()
        .describe('Where the request does not fit'),
    }),
  })
  .meta({ id: 'Problem' })

export const forPeople: Refusals = {
  name: 'Problem',
  schema: Problem,
  refuse: (status, message, misfits) =>
    ({
      error: {
        code: CODES.find((code) => code !== 'internal' && ERROR_CODES[code] === status) ?? 'internal',
        message,
        ...(misfits
          ? { fields: misfits.map((each) => ({ in: each.in, path: each.path.join('.'), message: each.message })) }
          : {}),
      },
    }) satisfies z.input<typeof Problem>,
}

export const detail = (description: string) => ({ description, body: Detail }) satisfies Documented
export const problem = (description: string) => ({ description, body: Problem }) satisfies Documented
