import { Database } from 'bun:sqlite'
import { afterAll, beforeAll, expect, test } from 'bun:test'
import { join } from 'node:path'
import * as oauth from '../../src/identity/agents/oauth-queries.ts'
import * as agents from '../../src/identity/agents/queries.ts'
import type { Db, Tx } from '../../src/store/store.ts'
import { type App, startApp } from '../harness/app.ts'
import { statementsOf } from '../harness/statements.ts'

let app: App
let sqlite: Database

beforeAll(async () => {
  app = await startApp()
  sqlite = new Database(join(app.dataDir, 'agentport.db'), { readonly: true })
})
afterAll(async () => {
  sqlite.close()
  await app.stop()
})

const db = (): Db => app.rooms.store.db
const within = (act: (tx: Tx) => unknown) => app.rooms.store.transaction((tx) => void act(tx))

/** What is over only gets more, and so do the tokens of a program that refreshes all day: these look at none of the rest. */
const ASKED_OFTEN: [what: string, act: () => unknown, plan: string[]][] = [
  [
    'whose key or token, and whether it is live,',
    () => agents.agentQueries(app.rooms.store),
    [
      'agents USING INDEX agents_key_hash_unique',
      'oauth_tokens USING INDEX sqlite_autoindex_oauth_tokens_1',
      'agents USING INDEX sqlite_autoindex_agents_1',
      'agents USING INDEX sqlite_autoindex_agents_1',
    ],
  ],
  ['who is not revoked', () => agents.unrevokedOf(db(), 'x'), ['agents USING INDEX agents_unrevoked']],
  ['who is revoked', () => agents.revokedOf(db(), 'x', null, 2), ['agents USING INDEX agents_revoked']],
  [
    'who is revoked, on a later page',
    () => agents.revokedOf(db(), 'x', { revokedAt: 1, id: 'x' }, 2),
    ['agents USING INDEX agents_revoked'],
  ],
  ['when the next ends', () => agents.nextEnd(db(), 1), ['agents USING INDEX agents_ends']],
  ['earlier sign-ins', () => agents.signInsOf(db(), 'x', 'x'), ['agents USING INDEX agents_unrevoked']],
  [
    'how many access tokens',
    () => within((tx) => oauth.countAccessTokens(tx, 'x')),
    ['oauth_tokens USING COVERING INDEX oauth_tokens_agent'],
  ],
  [
    'a token',
    () => within((tx) => oauth.findToken(tx, 'x')),
    ['oauth_tokens USING INDEX sqlite_autoindex_oauth_tokens_1'],
  ],
  ['a code', () => within((tx) => oauth.findCode(tx, 'x')), ['oauth_codes USING INDEX sqlite_autoindex_oauth_codes_1']],
  [
    'how many registered lately',
    () => within((tx) => oauth.countRegistrations(tx, 1, 'x')),
    ['oauth_clients USING INDEX oauth_clients_created'],
  ],
  [
    'tokens that are over',
    () => within((tx) => oauth.deleteTokensBefore(tx, 1)),
    ['oauth_tokens USING INDEX oauth_tokens_expires'],
  ],
]

test.each(ASKED_OFTEN)('%s is found by an index and sorted by none but it', (_, act, plan) => {
  const steps = statementsOf(app.rooms.store, act).flatMap((text) =>
    (sqlite.query(`EXPLAIN QUERY PLAN ${text}`).all() as { detail: string }[]).map(({ detail }) => detail),
  )
  expect(steps.map((step) => step.replace(/^SEARCH /, '').replace(/ \(.*/, ''))).toEqual(plan)
})
