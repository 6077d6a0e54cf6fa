import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { until } from '../harness/everything.ts'
import { Script } from '../harness/script.ts'
import { type Scene, type Stage, startStage } from '../harness/stage.ts'

// The shapes of the original AgentPort's API, field by field, as its scripts and its command line read them; and what is different here.

let stage: Stage
let scene: Scene
let script: Script
beforeAll(async () => {
  stage = await startStage()
  scene = await stage.scene([
    {
      name: 'pay',
      title: 'Pay',
      description: 'Pays',
      inputSchema: { type: 'object', properties: { n: { type: 'integer' } } },
      annotations: { destructiveHint: true },
    },
  ])
  script = Script.withKey(stage.app.origin, scene.key)
})
afterAll(() => stage.strike())

const ISO = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)

describe('every answer has the fields of the original', () => {
  test('GET /api/integrations: a bare list of what there is, with how one signs in', async () => {
    const { status, body } = await script.get('/api/integrations')
    expect(status).toBe(200)
    expect(body.find(({ id }: { id: string }) => id === 'github')).toEqual({
      id: 'github',
      name: 'GitHub',
      type: 'remote_mcp',
      description: expect.any(String),
      docs_url: expect.any(String),
      // The original offers a token alone.
      auth: expect.arrayContaining([
        { method: 'token', label: expect.any(String), header: 'Authorization', format: 'Bearer {token}' },
      ]),
      tool_categories: {},
      url: 'https://api.githubcopilot.com/mcp/',
      available: true,
      available_reason: null,
    })
    const gmail = body.find(({ id }: { id: string }) => id === 'gmail')
    expect(gmail).toMatchObject({ available: false, available_reason: expect.any(String) })
    expect(gmail.auth[0]).toEqual({
      method: 'oauth',
      note: null,
      registration_url: null,
      provider: expect.any(String),
      authorization_url: expect.any(String),
      token_url: expect.any(String),
      scopes: expect.any(Array),
      scope_param: expect.any(String),
      extra_auth_params: expect.any(Object),
    })
  })

  test('GET /api/integrations?type=custom: only those', async () => {
    const types = async (type: string) =>
      (await script.get(`/api/integrations?type=${type}`)).body.map((each: { type: string }) => each.type)
    expect(new Set(await types('custom'))).toEqual(new Set(['custom']))
    expect(new Set(await types('remote_mcp'))).toEqual(new Set(['remote_mcp']))
    expect(await types('neither')).toEqual([])
  })

  test('GET /api/integrations/{id}: one, in the catalogue or of the owner’s own', async () => {
    expect((await script.get('/api/integrations/gmail')).body).toMatchObject({ id: 'gmail', type: 'custom', tools: [] })
    expect((await script.get(`/api/integrations/${scene.slug}`)).body).toEqual({
      id: scene.slug,
      name: scene.slug,
      type: 'remote_mcp',
      description: 'A server that the owner added by its URL.',
      docs_url: null,
      auth: [{ method: 'none' }],
      tool_categories: {},
      // Departure: of a server that the owner added only the origin, since a path may hold a secret.
      url: new URL(scene.far.url).origin,
      available: true,
      available_reason: null,
    })
    expect(await script.get('/api/integrations/nope')).toMatchObject({
      status: 404,
      body: { detail: expect.any(String) },
    })
  })

  test('GET /api/installed: a bare list of rows without secrets', async () => {
    expect((await script.get('/api/installed')).body).toEqual([
      {
        id: scene.connectionId,
        // Departure: the owner's, since there are no organizations.
        org_id: stage.app.userId,
        integration_id: scene.slug,
        type: 'remote_mcp',
        url: new URL(scene.far.url).origin,
        auth_method: 'none',
        connected: true,
        updating_tool_cache: false,
        // Departure: with its time zone.
        added_at: ISO,
        has_token: false,
      },
    ])
  })

  test('GET /api/tools and /api/tools/{id}: bare lists of tools with what the owner says about them', async () => {
    const tool = {
      name: 'pay',
      title: 'Pay',
      description: 'Pays',
      inputSchema: { type: 'object', properties: { n: { type: 'integer' } } },
      outputSchema: null,
      annotations: { destructiveHint: true },
      execution_mode: 'require_approval',
      integration_id: scene.slug,
    }
    expect((await script.get('/api/tools')).body).toEqual([tool])
    expect((await script.get(`/api/tools/${scene.slug}`)).body).toEqual([tool])
    expect(await script.get('/api/tools/nope')).toMatchObject({ status: 404, body: { detail: expect.any(String) } })
  })

  test('GET /api/users/me: the owner of the key', async () => {
    expect((await script.get('/api/users/me')).body).toEqual({
      id: stage.app.userId,
      email: 'owner@example.org',
      totp_enabled: false,
      totp_configured: false,
      is_admin: false,
      impersonator_email: null,
    })
  })

  test('POST /api/tools/{id}/call and …/await: asked, awaited, run, and the result again', async () => {
    const asked = await script.call(scene.slug, 'pay', { n: 1 }, { additional_info: 'for the rent' })
    const id = asked.body.approval_request_id
    expect(asked).toMatchObject({ status: 403 })
    expect(asked.body).toEqual({
      error: 'approval_required',
      approval_request_id: expect.stringMatching(/^[0-9a-z]{26}$/),
      approval_url: `${stage.app.origin}/approve/${id}`,
      message: expect.stringContaining(`${stage.app.origin}/approve/${id}`),
      integration_id: scene.slug,
      tool_name: 'pay',
      outcome: 'approval_required',
    })
    const waiting = {
      approval_request_id: id,
      integration_id: scene.slug,
      tool_name: 'pay',
      status: 'pending',
      message: expect.any(String),
      expires_at: ISO,
      decision_mode: null,
      outcome: null,
    }
    const wait = script.await(id, 50)
    await stage.waiting(50)
    await stage.clock.advance(50_000)
    expect((await wait).body).toEqual(waiting)
    await stage.person.decide(id, 'once')
    expect((await script.await(id)).body).toEqual({ ...waiting, status: 'approved', decision_mode: 'approve_once' })
    const result = { content: [{ type: 'text', text: 'done' }], isError: false }
    const ran = await script.call(scene.slug, 'pay', { n: 1 })
    expect([ran.status, ran.body]).toEqual([200, result])
    expect((await script.await(id)).body).toEqual({
      ...waiting,
      status: 'consumed',
      expires_at: null,
      decision_mode: 'approve_once',
      outcome: 'executed',
      result,
    })
    expect(scene.far.calls.map((call) => call.arguments)).toEqual([{ n: 1 }])
    expect(await stage.notes(id)).toEqual(['for the rent'])
  })

  test('a call of a tool that is denied', async () => {
    const denied = await stage.scene()
    await denied.policy('deny')
    const answer = await Script.withKey(stage.app.origin, denied.key).call(denied.slug, 'run')
    expect([answer.status, answer.body]).toEqual([
      403,
      {
        error: 'denied',
        message: 'This tool has been blocked and cannot be executed.',
        reason: null,
        integration_id: denied.slug,
        tool_name: 'run',
        outcome: 'blocked',
      },
    ])
  })

  test('what does not fit is a list in detail, each with type, loc and msg, and never what was sent', async () => {
    const { status, body } = await script.send('POST', '/api/installed', { token: 'sk_secret', auth_method: 7 })
    expect(status).toBe(422)
    expect(body).toEqual({
      detail: [
        { type: 'invalid_type', loc: ['body', 'integration_id'], msg: expect.any(String) },
        { type: 'invalid_type', loc: ['body', 'auth_method'], msg: expect.any(String) },
      ],
    })
    expect(JSON.stringify(body)).not.toContain('sk_secret')
  })
})

describe('installing departs from the original, which takes credentials from agents', () => {
  const add = (body: object) => script.send('POST', '/api/installed', body)

  test('a token is not taken: 422 with the link where its owner enters it, and nothing is installed', async () => {
    const { status, body } = await add({ integration_id: 'github', auth_method: 'token', token: 'ghp_secret' })
    const url = `${stage.app.origin}/catalogue/github`
    expect([status, body]).toEqual([422, { detail: expect.stringContaining(url), authorization_url: url }])
    expect(JSON.stringify((await script.get('/api/installed')).body)).not.toContain('github')
    expect((await stage.person.get('/catalogue/github')).status).toBe(200)
  })

  test('without one it is installed, to be connected by its owner at the link', async () => {
    const answer = await add({ integration_id: 'github', auth_method: 'token' })
    const url = `${stage.app.origin}/connections/github/connect`
    expect(answer.status).toBe(201)
    expect(answer.body).toMatchObject({
      integration_id: 'github',
      url: 'https://api.githubcopilot.com/mcp/',
      auth_method: 'token',
      connected: false,
      has_token: false,
      authorization_url: url,
    })
    expect((await stage.person.get('/connections/github/connect')).status).toBe(200)
    // As long as it waits, asking again gives the link again.
    expect(await add({ integration_id: 'github', auth_method: 'token' })).toMatchObject({ status: 201 })
    expect(await add({ integration_id: 'github', auth_method: 'token', token: 'x' })).toMatchObject({
      status: 422,
      body: { authorization_url: url },
    })
    expect(await script.send('POST', '/api/auth/github/start')).toMatchObject({
      status: 200,
      body: { authorization_url: url, state: null },
    })
    expect(await script.send('PATCH', '/api/installed/github', { token: 'ghp_secret' })).toMatchObject({
      status: 422,
      body: { detail: expect.stringContaining(url), authorization_url: url },
    })
    expect((await script.get('/api/tools/github')).body).toEqual([])
    expect(await script.call('github', 'x')).toMatchObject({ status: 422, body: { outcome: 'invalid' } })
  })

  test('the refusals are those of the original', async () => {
    expect(await add({ integration_id: 'nope', auth_method: 'token' })).toMatchObject({ status: 404 })
    expect(await add({ integration_id: 'github', auth_method: 'telepathy' })).toMatchObject({ status: 400 })
    expect(await add({ integration_id: 'stripe', auth_method: 'none' })).toMatchObject({ status: 400 })
    expect(await add({ integration_id: 'github', auth_method: 'token', as: scene.slug })).toMatchObject({ status: 409 })
    expect(await add({ integration_id: 'github', auth_method: 'token', as: 'Not A Slug' })).toMatchObject({
      status: 400,
    })
    expect(await script.send('POST', '/api/auth/nope/start')).toMatchObject({ status: 404 })
    expect(await script.send('POST', `/api/auth/${scene.slug}/start`)).toMatchObject({ status: 400 })
    expect(await script.send('PATCH', '/api/installed/nope', { token: 'x' })).toMatchObject({ status: 404 })
    expect(await script.send('PATCH', `/api/installed/${scene.slug}`, { token: 'x' })).toMatchObject({ status: 400 })
    expect(await script.send('PATCH', `/api/installed/${scene.slug}`, {})).toMatchObject({ status: 422 })
  })

  test('removing asks a person first: 403, and once they have said yes the same request removes it', async () => {
    const mine = await stage.scene()
    const own = Script.withKey(stage.app.origin, mine.key)
    const remove = () => own.send('DELETE', `/api/installed/${mine.slug}`)
    const asked = await remove()
    expect([asked.status, asked.body]).toEqual([
      403,
      {
        error: 'approval_required',
        approval_request_id: expect.any(String),
        approval_url: expect.stringContaining('/approve/'),
        message: expect.any(String),
        integration_id: mine.slug,
        tool_name: 'agentport__uninstall_integration',
        outcome: 'approval_required',
      },
    ])
    expect(await remove()).toMatchObject({ status: 403, body: { approval_request_id: asked.body.approval_request_id } })
    await stage.person.decide(asked.body.approval_request_id, 'once')
    const removed = await remove()
    expect([removed.status, removed.body]).toEqual([204, null])
    expect(await remove()).toMatchObject({ status: 404 })
    expect(await own.get(`/api/tools/${mine.slug}`)).toMatchObject({ status: 404 })
  })

  test('a person’s no to it is a no', async () => {
    const mine = await stage.scene()
    const own = Script.withKey(stage.app.origin, mine.key)
    const asked = await own.send('DELETE', `/api/installed/${mine.slug}`)
    await stage.person.decide(asked.body.approval_request_id, 'deny', 'I need it')
    const refused = await own.send('DELETE', `/api/installed/${mine.slug}`)
    expect(refused).toMatchObject({ status: 403, body: { error: 'denied', reason: 'I need it', outcome: 'denied' } })
    expect(await own.get(`/api/tools/${mine.slug}`)).toMatchObject({ status: 200 })
  })
})

describe('the original’s command line, request by request', () => {
  /** As it sends them: no body and no content type where there is nothing to say. */
  const cli = (method: string, path: string, body?: object) =>
    script.send(method, path, body, { headers: { accept: 'application/json' } })

  test('ap integrations list', async () => {
    const [all, installed] = await Promise.all([cli('GET', '/api/integrations'), cli('GET', '/api/installed')])
    const rows = new Map(installed.body.map((each: { integration_id: string }) => [each.integration_id, each]))
    const shown = all.body.filter(({ id }: { id: string }) => rows.has(id))
    expect(shown.map(({ id }: { id: string }) => id)).toContain(scene.slug)
    for (const { auth } of all.body)
      expect(auth.map(({ method }: { method: string }) => method)).not.toContain(undefined)
  })

  test('ap integrations add, by OAuth: installed, started, and polled until its owner has signed in', async () => {
    const added = await cli('POST', '/api/installed', { integration_id: 'linear', auth_method: 'oauth' })
    expect(added).toMatchObject({
      status: 201,
      body: { integration_id: 'linear', auth_method: 'oauth', connected: false },
    })
    const { status, body } = await cli('POST', '/api/auth/linear/start')
    expect([status, body.authorization_url]).toEqual([200, `${stage.app.origin}/connections/linear/connect`])
    const rows = (await cli('GET', '/api/installed')).body
    const row = rows.find((each: { integration_id: string }) => each.integration_id === 'linear')
    expect(row).toMatchObject({ connected: false, has_token: false })
  })

  test('ap tools call --wait: asked, waited with a body of its own or none, and run', async () => {
    const call = () => cli('POST', `/api/tools/${scene.slug}/call`, { tool_name: 'pay', args: { n: 7 } })
    const first = await call()
    expect([first.status, first.body.error]).toEqual([403, 'approval_required'])
    const path = `/api/tool-approvals/requests/${first.body.approval_request_id}/await`
    // Its own limit is far above ours, which is not held against it.
    const withLimit = cli('POST', path, { timeout_seconds: 86_400 })
    const without = cli('POST', path)
    await stage.waiting(240)
    await stage.waiting(45)
    await stage.person.decide(first.body.approval_request_id, 'once')
    expect((await withLimit).body.status).toBe('approved')
    expect((await without).body.status).toBe('approved')
    const second = await call()
    expect([second.status, second.body]).toEqual([200, { content: [{ type: 'text', text: 'done' }], isError: false }])
    await until(() => scene.far.calls.some((each) => each.arguments.n === 7))
  })
})
