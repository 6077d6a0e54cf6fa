import ipaddr from 'ipaddr.js'
import { remembered } from '../lib/remembered.ts'

/**
 * Who really called: the peer, or, behind proxies that we were told to trust, the last address in X-Forwarded-For
 * that is none of theirs. Whatever stands further left was written by the caller and proves nothing.
 */
export function clientAddress(
  peer: string | null,
  forwardedFor: string | null,
  trustedProxies: readonly string[],
): string | null {
  const isTrusted = (address: string) => trustedProxies.some((network) => contains(network, address))
  if (peer === null || !isTrusted(peer) || forwardedFor === null) return peer && plain(peer)
  const hops = forwardedFor.split(',').map((hop) => hop.trim())
  for (const hop of hops.reverse()) {
    if (!ipaddr.isValid(hop)) return plain(peer)
    if (!isTrusted(hop)) return plain(hop)
  }
  return plain(peer)
}

/** `::ffff:127.0.0.1` and `127.0.0.1` are the same caller. */
const plain = remembered(1_000, (address) => (ipaddr.isValid(address) ? ipaddr.process(address).toString() : address))

function contains(network: string, address: string): boolean {
  if (!ipaddr.isValid(address)) return false
  const [range, bits] = ipaddr.parseCIDR(network)
  const parsed = ipaddr.process(address)
  return parsed.kind() === range.kind() && parsed.match(range, bits)
}
