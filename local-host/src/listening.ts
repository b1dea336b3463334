import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from './log';

/** Where a service listens. */
export interface Address {
  host: string;
  port: number;
}

/** How often it looks, in milliseconds. */
const lookMs = 50;

/** Resolves when somebody listens at an address. */
export async function listening(address: Address, log: Log): Promise<void> {
  if (await isListening(address)) return;
  log('information', 'system', `Waiting for ${address.host}:${address.port}`);
  while (!(await isListening(address))) await sleep(lookMs);
}

async function isListening(address: Address): Promise<boolean> {
  const socket = connect(address);
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
