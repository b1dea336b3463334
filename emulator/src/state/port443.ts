import { readFileSync } from 'node:fs';

/** What decides who may listen at port 443. */
export interface PortRights {
  platform: NodeJS.Platform;
  /** Of this process; undefined where there is no such thing. */
  userId: number | undefined;
  /** The first port of Linux that is everybody's; undefined where it is not told. */
  firstFreePort: number | undefined;
}

/** Those of this process. */
export function portRights(): PortRights {
  return { platform: process.platform, userId: process.getuid?.(), firstFreePort: readFirstFreePort() };
}

/** The command that lets this user listen at port 443, which most service SDKs dial; undefined where none is needed. */
export function commandFor443({ platform, userId, firstFreePort = 1024 }: PortRights): string | undefined {
  const isNeeded = platform === 'linux' && userId !== 0 && firstFreePort > 443;
  return isNeeded ? 'sudo sysctl net.ipv4.ip_unprivileged_port_start=443' : undefined;
}

function readFirstFreePort(): number | undefined {
  try {
    return Number(readFileSync('/proc/sys/net/ipv4/ip_unprivileged_port_start', 'utf8'));
  } catch {
    return undefined;
  }
}
