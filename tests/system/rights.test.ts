import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startIotHub } from 'iot-hub-emulator';
import topology from '../../infra/topology.json';
import { Lines } from './system';

test('with a policy that lacks RegistryRead both queries run, and the statistics say which right is missing', async () => {
  const stateDir = await mkdtemp(join(tmpdir(), 'rights-'));
  const hub = await startIotHub({
    ...{ port: 0, mqttPort: 0, amqpPort: 0, stateDir, devices: ['myDeviceId'] },
    topology: topology,
  });
  const env = { ...process.env, ...hub.env, IOTHUB_CONNECTION_STRING: hub.connectionString('service') };
  const host = ['local-host/dist/cli.js', '--port', '0', '--state-dir', join(stateDir, 'host')];
  const app = spawn(process.execPath, host, { env });
  try {
    const lines = new Lines(app);
    const [, url] = await lines.match(/^Host started on (\S+)/);
    await fetch(`${url}/admin/functions/runTwinQueries`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{}',
    });
    await lines.match(/Executed 'Functions.runTwinQueries' \(Succeeded/);
    const told = lines.all.join('\n');
    expect(told).toMatch(/registry: .*RegistryRead/);
    expect(told).toContain('devices in Redmond43: 0');
    expect(told).toContain('devices in Redmond43 using cellular: 0');
  } finally {
    app.kill();
    await once(app, 'exit');
    await hub.stop();
    await rm(stateDir, { recursive: true });
  }
});
