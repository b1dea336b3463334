import { BlockList } from 'node:net';

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

/** Whether a peer is on this machine, by its address as a socket tells it; an IPv4 one may be written as IPv6. */
export function isLoopback(address: string | undefined): boolean {
  if (address === undefined) return false;
  const ipv4 = address.replace(/^::ffff:/i, '');
  return ipv4.includes(':') ? loopback.check(ipv4, 'ipv6') : loopback.check(ipv4, 'ipv4');
}
