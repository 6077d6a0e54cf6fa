import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { addressKind, callerNetwork, isLoopback } from '../../src/lib/addresses.ts'

describe('an address is public when it is routed on the internet', () => {
  test.each([
    '1.1.1.1',
    '8.8.8.8',
    '93.184.216.34',
    '223.255.255.255',
    '2606:4700:4700::1111',
    '2a00:1450:4001:81b::200e',
  ])('%s', (address) => expect(addressKind(address)).toBe('public'))
})

describe('an address is private when it leads inside', () => {
  test.each([
    ['this host', '0.0.0.0'],
    ['this network', '0.1.2.3'],
    ['loopback', '127.0.0.1'],
    ['other loopback', '127.255.255.254'],
    ['10/8', '10.0.0.1'],
    ['172.16/12, first', '172.16.0.1'],
    ['172.16/12, last', '172.31.255.255'],
    ['192.168/16', '192.168.1.1'],
    ['link-local', '169.254.1.1'],
    ['shared by carriers', '100.64.0.1'],
    ['shared by carriers, last', '100.127.255.255'],
    ['IETF protocols', '192.0.0.1'],
    ['documentation', '192.0.2.1'],
    ['documentation 2', '198.51.100.1'],
    ['documentation 3', '203.0.113.1'],
    ['benchmarks', '198.18.0.1'],
    ['multicast', '224.0.0.1'],
    ['reserved', '240.0.0.1'],
    ['broadcast', '255.255.255.255'],
    ['IPv6 unspecified', '::'],
    ['IPv6 loopback', '::1'],
    ['IPv6 link-local', 'fe80::1'],
    ['IPv6 unique local', 'fd00::1'],
    ['IPv6 unique local, lower half', 'fc00::1'],
    ['IPv6 multicast', 'ff02::1'],
    ['IPv6 documentation', '2001:db8::1'],
    ['IPv6 site-local of old', 'fec0::1'],
    ['Teredo', '2001:0:4136:e378:8000:63bf:3fff:fdd2'],
    ['IPv4-compatible of old', '::7f00:1'],
    ['mapped loopback', '::ffff:127.0.0.1'],
    ['mapped, in hexadecimal', '::ffff:7f00:1'],
    ['mapped private', '::ffff:10.0.0.1'],
    ['NAT64 to loopback', '64:ff9b::7f00:1'],
    ['NAT64 to private', '64:ff9b::10.0.0.1'],
    ['local NAT64', '64:ff9b:1::1'],
    ['6to4 to private', '2002:0a00:0001::1'],
    ['6to4 to loopback', '2002:7f00:0001::'],
  ])('%s', (_what, address) => expect(addressKind(address)).toBe('private'))
})

describe('an address of a metadata service is told apart, since nothing opens it', () => {
  test.each([
    '169.254.169.254',
    '169.254.170.2',
    '169.254.170.23',
    '100.100.100.200',
    '192.0.0.192',
    '168.63.129.16',
    'fd00:ec2::254',
    'fd00:ec2::23',
    'fd20:ce::254',
    'fe80::a9fe:a9fe',
    'fe80::a9fe:a9fe%eth0',
    '::ffff:169.254.169.254',
    '::ffff:a9fe:a9fe',
    '64:ff9b::a9fe:a9fe',
    '2002:a9fe:a9fe::1',
    'FD00:EC2::254',
    'fd00:0ec2:0000:0000:0000:0000:0000:0254',
  ])('%s', (address) => expect(addressKind(address)).toBe('metadata'))
})

test('NAT64 and 6to4 to a public address are public, as the address reached in the end is', () => {
  expect(addressKind('64:ff9b::8.8.8.8')).toBe('public')
  expect(addressKind('2002:0808:0808::1')).toBe('public')
  expect(addressKind('::ffff:8.8.8.8')).toBe('public')
})

test('what cannot be read as an address is never opened', () => {
  for (const text of [
    '',
    'localhost',
    'example.com',
    '1.2.3.4.5',
    '1.2.3.4/8',
    '12345::',
    '[::1]',
    ' 1.1.1.1',
    'fe80::1%',
  ])
    expect(addressKind(text), text).toBe('metadata')
})

test('no address of a private network is ever public, in any of its disguises', () => {
  const octet = fc.integer({ min: 0, max: 255 })
  const inside = fc.oneof(
    fc.tuple(fc.constant(10), octet, octet, octet),
    fc.tuple(fc.constant(127), octet, octet, octet),
    fc.tuple(fc.constant(172), fc.integer({ min: 16, max: 31 }), octet, octet),
    fc.tuple(fc.constant(192), fc.constant(168), octet, octet),
    fc.tuple(fc.constant(169), fc.constant(254), octet, octet),
    fc.tuple(fc.constant(100), fc.integer({ min: 64, max: 127 }), octet, octet),
    fc.tuple(fc.integer({ min: 224, max: 255 }), octet, octet, octet),
  )
  const hex = (high: number, low: number) => ((high << 8) | low).toString(16)
  fc.assert(
    fc.property(inside, ([a, b, c, d]) => {
      const pair = `${hex(a, b)}:${hex(c, d)}`
      for (const address of [
        `${a}.${b}.${c}.${d}`,
        `::ffff:${a}.${b}.${c}.${d}`,
        `::ffff:${pair}`,
        `64:ff9b::${pair}`,
        `2002:${pair}::1`,
        `::${pair}`,
      ])
        expect(addressKind(address), address).not.toBe('public')
    }),
    { numRuns: 300 },
  )
})

test('whoever has a /64 of addresses counts as one caller, and nobody else with them', () => {
  const network = callerNetwork('2001:db8:1:2::1')
  expect(network).toBe('2001:db8:1:2::/64')
  expect(callerNetwork('2001:db8:1:2:ffff:ffff:ffff:ffff')).toBe(network)
  expect(callerNetwork('2001:db8:1:3::1')).not.toBe(network)
  expect(callerNetwork('192.0.2.7')).toBe('192.0.2.7')
  expect(callerNetwork('::ffff:192.0.2.7')).toBe('192.0.2.7')
  expect(callerNetwork('fe80::1%eth0')).toBe('fe80::/64')
  expect(callerNetwork('not an address')).toBe('not an address')
})

test('loopback is known in all its forms', () => {
  for (const address of ['127.0.0.1', '127.1.2.3', '::1', '::ffff:127.0.0.1', '64:ff9b::127.0.0.1'])
    expect(isLoopback(address), address).toBe(true)
  for (const address of ['10.0.0.1', '0.0.0.0', '8.8.8.8', '::', 'localhost', ''])
    expect(isLoopback(address), address).toBe(false)
})
