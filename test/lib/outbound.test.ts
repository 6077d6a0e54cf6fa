import { afterEach, describe, expect, spyOn, test } from 'bun:test'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { AnswerTooLarge, createOutbound, hostAndPort, NotSent, type Resolve } from '../../src/lib/outbound.ts'
import { FAR_TEST_TLS, TEST_AUTHORITY } from '../harness/certificates.ts'
import { freePort } from '../harness/everything.ts'
import { type RawServer, startRawServer } from '../harness/raw-server.ts'
import { tempDir } from '../harness/temp-dir.ts'

const servers: { stop(closeAll?: boolean): unknown }[] = []
afterEach(async () => {
  for (const server of servers.splice(0)) await server.stop(true)
})

function serve(
  fetch: (request: Request) => Response | Promise<Response>,
  hostname = '127.0.0.1',
  tls?: typeof FAR_TEST_TLS,
) {
  const server = Bun.serve({ hostname, port: 0, fetch, ...(tls ? { tls } : {}) })
  servers.push(server)
  return server
}
async function serveRaw(answer: Parameters<typeof startRawServer>[0]): Promise<RawServer> {
  const raw = await startRawServer(answer)
  servers.push(raw)
  return raw
}

/** Notes what would be dialled instead of dialling it: no test speaks to the internet. */
function watchFetch(): { url: string; host: string | null; serverName: string | undefined }[] {
  const dialled: ReturnType<typeof watchFetch> = []
  const spy = spyOn(globalThis, 'fetch').mockImplementation((async (
    url: URL,
    init: RequestInit & { tls?: { serverName: string } },
  ) => {
    dialled.push({ url: url.href, host: new Headers(init.headers).get('host'), serverName: init.tls?.serverName })
    return new Response('watched')
  }) as unknown as typeof fetch)
  servers.push({ stop: () => spy.mockRestore() })
  return dialled
}

const to =
  (...addresses: string[]): Resolve =>
  async () =>
    addresses
const LIMIT = 10_000

/** Asks, with the host and port of the URL opened unless told otherwise. */
function ask(
  url: string,
  {
    resolve = to('127.0.0.1'),
    allowed = hostAndPort(new URL(url)),
    ...init
  }: RequestInit & { resolve?: Resolve; allowed?: string | null } = {},
) {
  return createOutbound({ resolve })(
    url,
    { method: 'POST', body: '{}', ...init },
    { allowedPrivate: allowed, maxBytes: LIMIT },
  )
}
async function notSent(asking: Promise<Response>): Promise<string> {
  const error = await asking.then(
    () => null,
    (thrown: unknown) => thrown,
  )
  expect(error).toBeInstanceOf(NotSent)
  return (error as NotSent).reason
}

describe('nothing is sent', () => {
  test('to a name that resolves to a private address, whichever, unless a person opened it', async () => {
    for (const address of [
      '127.0.0.1',
      '10.0.0.1',
      '192.168.0.1',
      '::1',
      'fd00::1',
      '::ffff:127.0.0.1',
      '64:ff9b::7f00:1',
      '2002:7f00:1::',
    ])
      expect(await notSent(ask('https://inside.example/', { resolve: to(address), allowed: null }))).toBe(
        'refused_address',
      )
  })

  test.each([
    'http://127.0.0.1:PORT/',
    'http://2130706433:PORT/',
    'http://0x7f000001:PORT/',
    'http://0177.0.0.1:PORT/',
    'http://127.1:PORT/',
    'http://0:PORT/',
    'http://[::1]:PORT/',
    'http://[::ffff:127.0.0.1]:PORT/',
    'http://[::ffff:7f00:1]:PORT/',
    'http://[64:ff9b::7f00:1]:PORT/',
    'http://[2002:7f00:1::]:PORT/',
    'http://①②⑦.⓪.⓪.①:PORT/',
    'http://127。0。0。1:PORT/',
    'http://0x7f.1:PORT/',
  ])('to %s, which is this machine in another spelling', async (text) => {
    let reached = 0
    const server = serve(() => new Response(`${reached++}`), '0.0.0.0')
    expect(await notSent(ask(text.replace('PORT', String(server.port)), { allowed: null }))).toBe('refused_address')
    expect(reached).toBe(0)
  })

  test('to a metadata address, even when its host and port were opened', async () => {
    for (const host of ['169.254.169.254', '[fd00:ec2::254]', '[::ffff:a9fe:a9fe]', '2852039166', '100.100.100.200']) {
      expect(await notSent(ask(`http://${host}/latest/meta-data`))).toBe('refused_address')
    }
    const resolve = to('169.254.169.254')
    expect(await notSent(ask('http://metadata.google.internal/', { resolve }))).toBe('refused_address')
    expect(await notSent(ask('http://mine.example:8080/', { resolve, allowed: 'mine.example:8080' }))).toBe(
      'refused_address',
    )
  })

  test('to another port, host or spelling than the one that was opened', async () => {
    const server = serve(() => new Response('opened'))
    const other = serve(() => new Response('other'))
    const opened = `127.0.0.1:${server.port}`
    expect(await (await ask(`http://${opened}/`, { allowed: opened })).text()).toBe('opened')
    expect(await notSent(ask(`http://127.0.0.1:${other.port}/`, { allowed: opened }))).toBe('refused_address')
    expect(await notSent(ask(`http://localhost:${server.port}/`, { allowed: opened }))).toBe('refused_address')
    expect(await notSent(ask(`http://127.0.0.1:${server.port}/`, { allowed: `127.0.0.1:${other.port}` }))).toBe(
      'refused_address',
    )
    expect(await notSent(ask('http://127.0.0.1/', { allowed: '127.0.0.1' }))).toBe('refused_address')
  })

  test('to what is no web address', async () => {
    for (const url of ['file:///etc/passwd', 'ftp://example.com/', 'data:text/plain,x', 'blob:x', 'ws://127.0.0.1/'])
      expect(await notSent(ask(url, { allowed: '127.0.0.1:80' }))).toBe('refused_address')
  })

  test('to a name that nobody knows, and to a port where nobody listens', async () => {
    expect(await notSent(ask('http://gone.example/', { resolve: to() }))).toBe('no_such_host')
    const failing = async () => Promise.reject(new Error('SERVFAIL'))
    expect(await notSent(ask('http://gone.example/', { resolve: failing }))).toBe('no_such_host')
    expect(await notSent(ask(`http://127.0.0.1:${await freePort()}/`))).toBe('unreachable')
  })

  test('to a server whose certificate nobody vouches for', async () => {
    const server = serve(() => new Response('x'), '127.0.0.1', FAR_TEST_TLS)
    expect(await notSent(ask(`https://far.test:${server.port}/`))).toBe('tls')
  })
})

describe('the address that was vetted is the one that is dialled', () => {
  test('so a name that answers differently the second time leads nowhere else', async () => {
    const dialled = watchFetch()
    let asked = 0
    const resolve: Resolve = async () => (asked++ === 0 ? ['8.8.8.8'] : ['127.0.0.1'])
    await ask('http://rebinding.example:81/a?b', { resolve, allowed: null })
    await ask('https://rebinding6.example/', { resolve: to('2606:4700:4700::1111'), allowed: null })
    expect(asked).toBe(1)
    expect(dialled).toEqual([
      { url: 'http://8.8.8.8:81/a?b', host: 'rebinding.example:81', serverName: undefined },
      { url: 'https://[2606:4700:4700::1111]/', host: 'rebinding6.example', serverName: 'rebinding6.example' },
    ])
  })

  test('and of several only those that may be dialled', async () => {
    const dialled = watchFetch()
    await ask('http://mixed.example/', { resolve: to('127.0.0.1', '8.8.8.8', '169.254.169.254'), allowed: null })
    await ask('http://mixed.example/', { resolve: to('169.254.169.254', '127.0.0.1') })
    expect(dialled.map(({ url }) => url)).toEqual(['http://8.8.8.8/', 'http://127.0.0.1/'])
  })

  test('and the next one is tried when nobody listens at the first', async () => {
    const server = serve(() => new Response('second'))
    const response = await ask(`http://two.example:${server.port}/`, { resolve: to('::1', '127.0.0.1') })
    expect(await response.text()).toBe('second')
  })

  test('with the Host of the name, whatever the caller set', async () => {
    const server = serve((request) => new Response(request.headers.get('host')))
    const url = `http://far.test:${server.port}/`
    expect(await (await ask(url)).text()).toBe(`far.test:${server.port}`)
    expect(await (await ask(url, { headers: { host: 'evil.example' } })).text()).toBe(`far.test:${server.port}`)
  })
})

test.each([301, 302, 303, 307, 308])('a redirect with %d is handed back and never followed', async (status) => {
  let reached = 0
  const inside = serve(() => new Response(`${reached++}`))
  for (const location of [`http://127.0.0.1:${inside.port}/`, '/elsewhere', 'http://169.254.169.254/']) {
    let asked = 0
    const server = serve(() => {
      asked++
      return new Response(null, { status, headers: { location } })
    })
    for (const method of ['POST', 'GET']) {
      const response = await ask(`http://127.0.0.1:${server.port}/`, {
        method,
        body: method === 'POST' ? '{}' : null,
        redirect: 'follow',
      })
      expect(response.status).toBe(status)
    }
    expect(asked).toBe(2)
  }
  expect(reached).toBe(0)
})

describe('an answer that is too large', () => {
  const isTooLarge = async (asking: Promise<unknown>) => {
    await expect(asking).rejects.toBeInstanceOf(AnswerTooLarge)
  }

  test('is refused at once when its length is declared', async () => {
    const server = serve(() => new Response('x'.repeat(LIMIT + 1)))
    await isTooLarge(ask(`http://127.0.0.1:${server.port}/`))
  })

  test('is cut off while it comes when its length is not declared', async () => {
    let sent = 0
    const server = serve(
      () =>
        new Response(
          new ReadableStream({
            async pull(controller) {
              sent += 1_000
              controller.enqueue(new Uint8Array(1_000))
              await Bun.sleep(1)
            },
          }),
        ),
    )
    const response = await ask(`http://127.0.0.1:${server.port}/`)
    await isTooLarge(response.arrayBuffer())
    expect(sent).toBeLessThan(1_000_000)
  })

  test('is cut off when it only grows large in being unpacked', async () => {
    const packed = Bun.gzipSync(new Uint8Array(5_000_000))
    expect(packed.byteLength).toBeLessThan(LIMIT)
    const server = serve(() => new Response(packed, { headers: { 'content-encoding': 'gzip' } }))
    const asking = ask(`http://127.0.0.1:${server.port}/`).then((response) => response.arrayBuffer())
    await isTooLarge(asking)
  })

  test('is whole when it is just as long as it may be', async () => {
    const server = serve(() => new Response('x'.repeat(LIMIT)))
    expect((await (await ask(`http://127.0.0.1:${server.port}/`)).text()).length).toBe(LIMIT)
  })
})

test.each(['POST', 'PATCH', 'PUT', 'DELETE'])(
  'a %s is not sent a second time when a connection in use drops',
  async (method) => {
    let answered = 0
    const raw = await serveRaw((socket) => {
      if (answered++ === 0) socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')
      else socket.destroy()
    })
    const url = `http://127.0.0.1:${raw.port}/`
    expect(await (await ask(url, { method })).text()).toBe('ok')
    await expect(ask(url, { method })).rejects.toThrow()
    expect(raw.requests.length).toBe(2)
  },
)

describe('in a process of its own', () => {
  async function child(urls: string[], env: Record<string, string>): Promise<string[]> {
    const process_ = Bun.spawn([process.execPath, join(import.meta.dir, 'outbound-child.ts'), ...urls], {
      env: { ...process.env, ...env },
      stdout: 'pipe',
      stderr: 'pipe',
    })
    return (await new Response(process_.stdout).text()).trim().split('\n')
  }

  test('an ambient proxy is ignored', async () => {
    let proxied = 0
    const proxy = serve(() => new Response(`proxied ${proxied++}`))
    const server = serve(() => new Response('direct'))
    const address = `http://127.0.0.1:${proxy.port}`
    const env = Object.fromEntries(
      ['HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY', 'http_proxy', 'https_proxy', 'all_proxy'].map((name) => [
        name,
        address,
      ]),
    )
    const urls = [`http://127.0.0.1:${server.port}/`, `http://far.test:${server.port}/`]
    expect(await child(urls, { ...env, NO_PROXY: '', no_proxy: '' })).toEqual(['200 direct', '200 direct'])
    expect(proxied).toBe(0)
  })

  test('the certificate is held against the name, also after another name at the same address was accepted', async () => {
    const folder = tempDir()
    const authority = join(folder.path, 'authority.pem')
    writeFileSync(authority, TEST_AUTHORITY)
    const server = serve((request) => new Response(request.headers.get('host')), '127.0.0.1', FAR_TEST_TLS)
    const urls = ['far.test', 'other.test', 'far.test', '127.0.0.1'].map((name) => `https://${name}:${server.port}/`)
    expect(await child(urls, { NODE_EXTRA_CA_CERTS: authority })).toEqual([
      `200 far.test:${server.port}`,
      'NotSent tls',
      `200 far.test:${server.port}`,
      'NotSent tls',
    ])
    folder.remove()
  })
})
