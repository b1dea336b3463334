import { resolve } from 'node:path';
import { readIfPresent, writeAtomically } from './files';

/** Writes `env` of a state folder: a line for each setting, as a shell sources it and `node --env-file` reads it. */
export function writeEnvironment(stateDir: string, settings: Readonly<Record<string, string>>): void {
  const lines = Object.entries(settings).map(([name, value]) => `${name}=${quoted(value)}\n`);
  writeAtomically(resolve(stateDir, 'env'), lines.join(''));
}

/** In quotes that both take as they are; a shell alone expands `$` where the value holds a single quote as well. */
function quoted(value: string): string {
  return value.includes("'") ? `"${value}"` : `'${value}'`;
}

/**
 * A value for `NODE_EXTRA_CA_CERTS` that adds the emulator's CA to what the machine has there already: Node reads one
 * file only.
 */
export function extraCaCerts(stateDir: string, present = process.env.NODE_EXTRA_CA_CERTS): string {
  const ours = resolve(stateDir, 'ca.pem');
  const bundle = resolve(stateDir, 'ca-bundle.pem');
  if (!present || resolve(present) === ours) return ours;
  if (resolve(present) === bundle) return bundle;
  const theirs = readIfPresent(present);
  if (theirs === undefined) return ours;
  writeAtomically(bundle, `${theirs.trimEnd()}\n${readIfPresent(ours)}`);
  return bundle;
}
