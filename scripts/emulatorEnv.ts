import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { rootCertificates } from 'node:tls';
import { parseEnv } from 'node:util';

/** Where the emulator keeps its CA, its keys and `env` unless `--state-dir` says otherwise. */
export const defaultStateDir = '.emulator';

/** They go together: none of them says anything about another hub. */
const settingsOfItsHub = ['IOTHUB_CONNECTION_STRING', 'IOTHUB_DEVICE_HOSTNAME', 'IOTHUB_EVENTS_CONNECTION_STRING'];

/**
 * The settings which a running emulator left in `env` of its state folder, under those of this process, which win.
 * `NODE_EXTRA_CA_CERTS` is the exception: the emulator's file already holds the certificates that the machine's had.
 */
export function withEmulatorEnv(stateDir: string, environment: NodeJS.ProcessEnv = process.env): NodeJS.ProcessEnv {
  const file = join(stateDir, 'env');
  if (!existsSync(file)) return environment;
  const emulator = parseEnv(readFileSync(file, 'utf8'));
  const { NODE_EXTRA_CA_CERTS: ca } = emulator;
  if (environment.IOTHUB_CONNECTION_STRING || environment.IOTHUB_HOSTNAME) {
    for (const setting of settingsOfItsHub) delete emulator[setting];
  }
  return { ...emulator, ...environment, ...(ca ? { NODE_EXTRA_CA_CERTS: ca } : {}) };
}

/**
 * Node reads `NODE_EXTRA_CA_CERTS` once, before our code runs. A process that learns of it from `env` hands its clients
 * the same certificates itself: PEM text of the usual roots and of the file.
 */
export function trustedCertificates({ NODE_EXTRA_CA_CERTS: file }: NodeJS.ProcessEnv): string {
  return [...rootCertificates, ...(file ? [readFileSync(file, 'utf8')] : [])].join('\n');
}
