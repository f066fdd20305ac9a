import ipaddr from 'ipaddr.js';
import type { EgressPolicy } from './egress-policy.ts';

/** `kind` says what the address is, in words that fit into "… is a <kind> address". */
export type AddressVerdict = { status: 'ok' } | { status: 'refused'; kind: string };

/**
 * Addresses that answer with credentials or settings of the machine, by cloud: Azure's wire server and DHCP
 * (public by range), AWS and most others, ECS tasks, Alibaba, Oracle, AWS over IPv6.
 */
const METADATA_ADDRESSES: ReadonlySet<string> = new Set([
  '168.63.129.16',
  '169.254.169.254',
  '169.254.170.2',
  '100.100.100.200',
  '192.0.0.192',
  'fd00:ec2::254',
]);

const PRIVATE_RANGES: ReadonlySet<string> = new Set([
  'private',
  'loopback',
  'carrierGradeNat',
  'uniqueLocal',
]);

/** IANA gives out global unicast addresses from this block only. */
const GLOBAL_UNICAST_V6 = ipaddr.IPv6.parseCIDR('2000::/3');
/** The well-known prefix of NAT64 (RFC 6052): the last 32 bits are the IPv4 address that is reached. */
const NAT64_WELL_KNOWN = ipaddr.IPv6.parseCIDR('64:ff9b::/96');

type Address = ipaddr.IPv4 | ipaddr.IPv6;

/**
 * Decides on one IP address in text form. IPv4-mapped IPv6 counts as the IPv4 address inside it; NAT64 counts as
 * the public IPv4 address inside it and is refused for all others, whatever the policy opens, because it leads into
 * the gateway's network; 6to4 and Teredo are refused.
 */
export function checkAddress(text: string, policy: EgressPolicy): AddressVerdict {
  if (!ipaddr.isValid(text)) return { status: 'refused', kind: 'malformed' };
  const address = ipaddr.process(text);
  if (policy.allowCidrs.some((cidr) => isInside(address, cidr))) return { status: 'ok' };
  if (METADATA_ADDRESSES.has(address.toString())) return { status: 'refused', kind: 'cloud metadata' };
  const range = address.range();
  if (PRIVATE_RANGES.has(range)) {
    return policy.allowPrivateNetwork ? { status: 'ok' } : { status: 'refused', kind: describeRange(range) };
  }
  if (address instanceof ipaddr.IPv6) return checkPublicV6(address, range);
  return range === 'unicast' ? { status: 'ok' } : { status: 'refused', kind: describeRange(range) };
}

function checkPublicV6(address: ipaddr.IPv6, range: string): AddressVerdict {
  if (address.match(NAT64_WELL_KNOWN)) {
    const inner = new ipaddr.IPv4(address.toByteArray().slice(12));
    const verdict = checkAddress(inner.toString(), { allowPrivateNetwork: false, allowCidrs: [] });
    return verdict.status === 'ok' ? verdict : { status: 'refused', kind: `NAT64 of a ${verdict.kind}` };
  }
  if (range === 'unicast' && address.match(GLOBAL_UNICAST_V6)) return { status: 'ok' };
  return { status: 'refused', kind: describeRange(range) };
}

function isInside(address: Address, cidr: string): boolean {
  const [network, bits] = ipaddr.parseCIDR(cidr);
  return network.kind() === address.kind() && address.match(network, bits);
}

const RANGE_WORDS: Readonly<Record<string, string>> = {
  private: 'private network',
  linkLocal: 'link-local',
  carrierGradeNat: 'carrier-grade NAT',
  uniqueLocal: 'unique local',
  rfc6052: 'NAT64',
  teredo: 'Teredo',
  unicast: 'reserved',
};

function describeRange(range: string): string {
  return RANGE_WORDS[range] ?? range;
}
