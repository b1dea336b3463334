import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { startEmulator, type TestEmulator } from '../../emulator/tests/support/emulator';
import topology from '../../infra/topology.json';
import { readSystemOptions } from '../../scripts/systemOptions';
import { Lines } from './system';

/** An emulator, and a host that is started when a test wants it. */
export interface Parts {
  emulator: TestEmulator;
  url: string;
  /** Starts the local host on an app's folder; answers what it prints. */
  startHost(scriptRoot: string): Promise<Lines>;
  stop(): Promise<void>;
}

/** Starts an emulator with `myDeviceId`, and the routes and subscriptions of the app or of another topology; `routes` are switched on. */
export async function startParts(wiring: object = topology, routes: string[] = []): Promise<Parts> {
  const { port } = await readSystemOptions(['--port', '0']);
  const url = `http://localhost:${port}`;
  const emulator = await startEmulator({
    devices: ['myDeviceId'],
    topology: wiring,
    routes,
    functionsUrl: url,
  });
  const stateDir = mkdtempSync(join(tmpdir(), 'host-'));
  let stopHost = async () => {};
  return {
    emulator,
    url,
    async startHost(scriptRoot) {
      const args = ['--script-root', resolve(scriptRoot), '--state-dir', stateDir, '--port', String(port)];
      const host = spawn(process.execPath, [resolve('local-host/dist/cli.js'), ...args], {
        cwd: stateDir,
        env: { ...process.env, ...emulator.hub.env },
      });
      const ended = once(host, 'exit');
      stopHost = async () => {
        host.kill('SIGINT');
        await ended;
      };
      const lines = new Lines(host);
      await lines.match(/^Host started/);
      return lines;
    },
    async stop() {
      await stopHost();
      await emulator.stop();
      rmSync(stateDir, { recursive: true });
    },
  };
}
