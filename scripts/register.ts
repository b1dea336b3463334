import { parseArgs } from 'node:util';
import { parseDeviceId } from '../src/twins/deviceId';
import { defaultStateDir, withEmulatorEnv } from './emulatorEnv';
import { DeviceRegistry } from './registry';
import { runScript } from './runScript';

runScript(async () => {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { 'state-dir': { type: 'string', default: defaultStateDir } },
  });
  if (positionals.length === 0) throw new Error('Name the devices to register: npm run register -- NAME…');
  const deviceIds = positionals.map(parseDeviceId);
  const registry = new DeviceRegistry(withEmulatorEnv(values['state-dir']));
  for (const deviceId of deviceIds) console.log(await registry.register(deviceId));
});
