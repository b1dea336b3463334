import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { parseEnv } from 'node:util';

/** An emulator in a process of its own, on free ports. */
export interface EmulatorProcess {
  pid: number;
  httpsPort: number;
  mqttPort: number;
  amqpsPort: number;
  ca: string;
  stateDir: string;
  env: NodeJS.Dict<string>;
  /** From the start of the process to its `ready`, in milliseconds. */
  startMs: number;
  stop(): Promise<void>;
}

/** @param build folder of another build, whose emulator it is. */
export async function startEmulatorProcess(args: string[], build = '.'): Promise<EmulatorProcess> {
  const dir = await mkdtemp(join(tmpdir(), 'bench-'));
  const ports = ['--port', '0', '--mqtt-port', '0', '--amqp-port', '0', '--amqps-port', '0'];
  const start = performance.now();
  const child = spawn(process.execPath, [join(build, 'emulator/dist/cli.js'), ...ports, '--state-dir', dir, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const found: Record<string, number> = {};
  for await (const line of createInterface({ input: child.stdout })) {
    const [, what, port] = /^(Service API|Devices|AMQP) .*:(\d+)$/.exec(line) ?? [];
    if (what) found[what] = Number(port);
    if (line === 'ready') break;
  }
  child.stdout.resume();
  const { 'Service API': httpsPort, Devices: mqttPort, AMQP: amqpsPort } = found;
  if (!httpsPort || !mqttPort || !amqpsPort || child.pid === undefined) throw new Error('The emulator did not start.');
  return {
    pid: child.pid,
    httpsPort,
    mqttPort,
    amqpsPort,
    ca: readFileSync(join(dir, 'ca.pem'), 'utf8'),
    stateDir: dir,
    env: parseEnv(readFileSync(join(dir, 'env'), 'utf8')),
    startMs: performance.now() - start,
    async stop() {
      child.kill('SIGTERM');
      if (child.exitCode === null) await once(child, 'exit');
      await rm(dir, { recursive: true });
    },
  };
}

/** Resident memory of a process, in bytes (Linux; NaN elsewhere). */
export function residentBytes(pid: number): number {
  try {
    return Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1024;
  } catch {
    return Number.NaN;
  }
}
