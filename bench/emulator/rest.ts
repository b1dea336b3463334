import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { medians } from '../processes';
import { signToken } from '../rawHub';
import type { Row } from '../row';
import { answersPerSecond } from './keepAlive';
import { type EmulatorProcess, startEmulatorProcess } from './process';

const devices = 1000;
const runs = 3;
const durationMs = 3000;
const connections = 32;

/** Twin reads and updates over REST, a second, against a bare HTTPS server that returns the same bytes. */
export async function emulatorRest(): Promise<Row[]> {
  const memory = await startEmulatorProcess(['--simulate', String(devices)]);
  const kept = await startEmulatorProcess(['--simulate', String(devices), '--data', join(memory.stateDir, 'data')]);
  const bare = await startBareServer(memory);
  const rate = (port: number, ca: string, requests: string[]) => () =>
    answersPerSecond({ port, ca, connections, requests }, durationMs);
  const [reads, updates] = [requestsTo(memory, 'GET'), requestsTo(memory, 'PATCH')];
  try {
    const rates = await medians(runs, {
      bareReads: rate(bare.port, memory.ca, reads),
      reads: rate(memory.httpsPort, memory.ca, reads),
      bareUpdates: rate(bare.port, memory.ca, updates),
      updates: rate(memory.httpsPort, memory.ca, updates),
      keptUpdates: rate(kept.httpsPort, kept.ca, requestsTo(kept, 'PATCH')),
    });
    const row = (what: string, value: number, baseline: number): Row => ({
      what: `emulator, REST: ${what}`,
      value,
      unit: '/s',
      baseline: { what: 'a bare node:https server with the same bytes', value: baseline },
      aim: '≥ 0.5×',
    });
    return [
      row('twin reads', rates.reads, rates.bareReads),
      row('twin updates, in memory', rates.updates, rates.bareUpdates),
      row('twin updates, each durable before its answer', rates.keptUpdates, rates.bareUpdates),
    ];
  } finally {
    await bare.stop();
    await kept.stop();
    await memory.stop();
  }
}

function requestsTo({ env }: EmulatorProcess, method: 'GET' | 'PATCH'): string[] {
  const authorization = signToken(env.IOTHUB_CONNECTION_STRING ?? '');
  return Array.from({ length: devices }, (_, index) => {
    const id = `sim-${String(index + 1).padStart(6, '0')}`;
    const body = method === 'GET' ? '' : JSON.stringify({ tags: { location: { floor: index } } });
    const length = body && `content-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n`;
    const head = `${method} /twins/${id}?api-version=2021-04-12 HTTP/1.1\r\nhost: localhost\r\n`;
    return `${head}authorization: ${authorization}\r\n${length}\r\n${body}`;
  });
}

/** With the certificate of an emulator, and one of its twins as body. */
async function startBareServer({ httpsPort, ca, env, stateDir }: EmulatorProcess) {
  const { request } = await import('node:https');
  const authorization = signToken(env.IOTHUB_CONNECTION_STRING ?? '');
  const asked = request({ port: httpsPort, ca, path: '/twins/sim-000001', headers: { authorization } }).end();
  const [reply] = await once(asked, 'response');
  const file = join(stateDir, 'body.json');
  await writeFile(file, Buffer.concat(await reply.toArray()));
  const args = ['--import', 'tsx', join(__dirname, 'bareServer.ts'), join(stateDir, 'certificates.json'), file];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = await once(createInterface({ input: child.stdout }), 'line');
  return {
    port: Number(String(line).split(' ')[1]),
    async stop() {
      child.kill('SIGTERM');
      await once(child, 'exit');
    },
  };
}
