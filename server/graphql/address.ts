import type { IncomingMessage } from 'node:http';
import { isIPv6 } from 'node:net';

/**
 * The address that a request came from: the socket's or, behind a proxy that is trusted, the one that this proxy saw,
 * which it appends to `X-Forwarded-For`. What stands before it in the header is whatever the client claims.
 */
export function addressOf(request: IncomingMessage, trustProxy: boolean): string | undefined {
  const header = trustProxy ? request.headers['x-forwarded-for'] : undefined;
  const forwarded = (Array.isArray(header) ? header.join(',') : header)?.split(',').at(-1)?.trim();
  const address = forwarded || request.socket.remoteAddress;
  return address === undefined ? undefined : subscriberOf(address);
}

/**
 * What limits count by: an IPv4 address, also where it comes mapped into IPv6, or the /64 of an IPv6 address, as whoever
 * has one has all 2⁶⁴ in it.
 */
export function subscriberOf(address: string): string {
  if (!isIPv6(address)) return address;
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped) return mapped;
  const [before = '', after] = address.replace(/%.*$/, '').split('::', 2);
  const head = groupsOf(before);
  const tail = groupsOf(after ?? '');
  // An address in dots at the end takes the room of two groups.
  const tailLength = tail.length + (tail.at(-1)?.includes('.') ? 1 : 0);
  const zeros = Array.from({ length: Math.max(0, 8 - head.length - tailLength) }, () => '0');
  const network = [...head, ...zeros, ...tail].slice(0, 4).map((group) => parseInt(group, 16).toString(16));
  return `${network.join(':')}::/64`;
}

function groupsOf(text: string): string[] {
  return text === '' ? [] : text.split(':');
}
