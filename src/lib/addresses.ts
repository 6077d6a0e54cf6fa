/**
 * Which addresses belong to the public internet.
 * Everything else (loopback, private, link-local, shared, documentation, multicast, cloud metadata) is closed by default.
 */
import ipaddr from 'ipaddr.js'
import { remembered } from './remembered.ts'

/** Metadata services hand out cloud credentials; no setting opens them. */
const METADATA = new Set([
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
])

const GLOBAL_UNICAST = ipaddr.IPv6.parse('2000::')

export type AddressKind = 'public' | 'private' | 'metadata'

/** @param address an IPv4 or IPv6 literal as a resolver gives it; anything unreadable counts as metadata, which nothing opens. */
export const addressKind = remembered(1_000, (address): AddressKind => {
  if (!ipaddr.isValid(address)) return 'metadata'
  const parsed = unwrap(ipaddr.parse(address))
  if (METADATA.has(parsed.toString().replace(/%.*/, ''))) return 'metadata'
  // Of IPv6 only 2000::/3 is routed; what lies outside it (deprecated IPv4-compatible forms, for one) leads inside.
  if (parsed instanceof ipaddr.IPv6 && !parsed.match(GLOBAL_UNICAST, 3)) return 'private'
  return parsed.range() === 'unicast' ? 'public' : 'private'
})

export function isLoopback(address: string): boolean {
  return ipaddr.isValid(address) && unwrap(ipaddr.parse(address)).range() === 'loopback'
}

/** Whoever has one IPv6 address has a whole /64 to call from, so what is counted by caller is counted by that. An IPv4 address stands for itself. */
export const callerNetwork = remembered(1_000, (address: string): string => {
  if (!ipaddr.isValid(address)) return address
  const parsed = unwrap(ipaddr.parse(address))
  if (parsed instanceof ipaddr.IPv4) return parsed.toString()
  return `${ipaddr.IPv6.networkAddressFromCIDR(`${parsed.toString().replace(/%.*/, '')}/64`)}/64`
})

/** IPv4 hidden inside IPv6 (mapped, NAT64, 6to4) is judged as the IPv4 address that is reached in the end. */
function unwrap(address: ipaddr.IPv4 | ipaddr.IPv6): ipaddr.IPv4 | ipaddr.IPv6 {
  if (address instanceof ipaddr.IPv4) return address
  if (address.isIPv4MappedAddress()) return address.toIPv4Address()
  const bytes = address.toByteArray()
  if (address.range() === 'rfc6052') return new ipaddr.IPv4(bytes.slice(12, 16))
  if (address.range() === '6to4') return new ipaddr.IPv4(bytes.slice(2, 6))
  return address
}
