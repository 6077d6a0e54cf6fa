import type { z } from 'zod'
import type { JsonValue } from '../lib/json.ts'

/** One answer that an operation gives, by its status. */
export interface Documented {
  description: string
  /** Null for an answer without a body. */
  body: z.ZodType | null
}

export type Answers = { readonly [status: number]: Documented }

/** What an operation hands back: one of its own answers, and no other. `later` is for the ones that people are waited for. */
export type ReplyOf<A extends Answers> = {
  [Status in keyof A & number]: A[Status]['body'] extends z.ZodType
    ?
        | { status: Status; body: z.input<A[Status]['body']> }
        | { status: Status; later: Promise<z.input<A[Status]['body']>>; onGone(): void }
    : { status: Status }
}[keyof A & number]

/** An answer with its status as a type of its own. */
export const reply = <const Status extends number, Body>(status: Status, body: Body) => ({ status, body })

export interface Reply {
  status: number
  body?: unknown
  later?: Promise<unknown>
  onGone?(): void
}

/** The parameters that a path has in braces. */
type ParamsOf<Path> = Path extends `${string}{${infer Name}}${infer Rest}`
  ? { [Key in Name]: string } & ParamsOf<Rest>
  : unknown

/** A request whose parts have passed the schemas of its operation. */
export interface Sent {
  params: { [name: string]: string }
  query: unknown
  body: unknown
  /** The body as it came, untouched by any schema. */
  raw: JsonValue
  /** Source texts of numbers in the body that a double cannot hold. */
  inexactNumbers: readonly string[]
  signal: AbortSignal
}

export type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE'

interface Declared<Path, Query, Body, A extends Answers> {
  id: string
  method: Method
  /** With its parameters in braces, as OpenAPI has them. */
  path: Path
  summary: string
  description?: string
  /** What each parameter of the path is. */
  params?: { [Name in keyof ParamsOf<Path>]: string }
  query?: Query
  body?: Body
  /** True where the body may be left out. */
  bodyOptional?: boolean
  answers: A
}

/** One line of the contents: from it come the route, the checks of what is sent, and the description. */
export interface Operation<Who> extends Declared<string, z.ZodObject, z.ZodObject, Answers> {
  params?: { [name: string]: string }
  handle(who: Who, sent: Sent): Promise<Reply>
}

/** Ties what an operation does to what it says of itself, so that neither can go its own way. */
export const operationsFor =
  <Who>() =>
  <const Path extends `/api/${string}`, Query extends z.ZodObject, Body extends z.ZodObject, const A extends Answers>(
    declared: Declared<Path, Query, Body, A>,
    handle: (
      who: Who,
      sent: Sent & { params: ParamsOf<Path>; query: z.output<Query>; body: z.output<Body> },
    ) => Promise<ReplyOf<A>>,
  ): Operation<Who> =>
    ({ ...declared, handle }) as unknown as Operation<Who>
