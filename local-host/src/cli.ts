#!/usr/bin/env node
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { startHost } from './host';
import { type AuthMode, keysFile } from './http/auth';
import type { Address } from './listening';
import { consoleLog, gathering } from './log';

const help = `Runs a built Azure Functions app (Node, v4 programming model) where Core Tools is not installed.

Usage: functions-local-host [options]

  --port N            where to listen; 0 for a free port (LocalHttpPort of local.settings.json, else 7071)
  --host NAME         a name by which requests may call it, beside localhost; may be repeated
  --script-root DIR   folder with host.json and package.json (.)
  --state-dir DIR     what timers and Event Hubs triggers remember (.local-host)
  --auth MODE         keys: functions want one of the state folder's keys.json; sign-in: App Service authentication with
                      made-up principals (/.auth/login/aad?as=NAME:ROLE,ROLE). Neither unless given, as in Core Tools
  --wait-for WHERE    host:port; no function runs before somebody listens there; may be repeated
  --quiet             what the app says and what goes wrong, nothing of the host's own work
  --help              this text
`;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      port: { type: 'string' },
      host: { type: 'string', multiple: true, default: [] },
      'script-root': { type: 'string', default: '.' },
      'state-dir': { type: 'string', default: '.local-host' },
      auth: { type: 'string' },
      'wait-for': { type: 'string', multiple: true, default: [] },
      quiet: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(help);
    return;
  }
  const port = values.port === undefined ? undefined : Number(values.port);
  if (port !== undefined && (!Number.isInteger(port) || port < 0 || port > 65_535)) {
    throw new Error(`--port takes a number from 0 to 65535.`);
  }
  const auth = toMode(values.auth);
  const stateDir = resolve(values['state-dir']);
  const out = gathering(process.stdout);
  const host = await startHost({
    scriptRoot: resolve(values['script-root']),
    port,
    names: values.host,
    stateDir,
    auth,
    waitFor: values['wait-for'].map(toAddress),
    log: consoleLog(values, out),
    print: values.quiet ? () => {} : out.print,
  });
  if (auth === 'keys') out.print(`Keys are in ${keysFile(stateDir)}`);
  out.print(`Host started on http://localhost:${host.port}`);
  let stopping = false;
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      if (stopping) return;
      stopping = true;
      host.stop().then(() => process.exit(0), fail);
    });
  }
}

function toMode(text: string | undefined): AuthMode | undefined {
  if (text === undefined || text === 'keys' || text === 'sign-in') return text;
  throw new Error('--auth takes keys or sign-in.');
}

function toAddress(text: string): Address {
  const [, host, port] = /^(.+):(\d{1,5})$/.exec(text) ?? [];
  if (host === undefined || Number(port) > 65_535) throw new Error(`--wait-for takes HOST:PORT, not '${text}'.`);
  return { host, port: Number(port) };
}

/** The worker ends on what nobody caught, and its host starts it again; this host just ends, and says why. */
process.on('uncaughtException', (error) => fail(error));

function fail(error: unknown): never {
  console.error(error instanceof Error ? error.stack : error);
  process.exit(1);
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
});
