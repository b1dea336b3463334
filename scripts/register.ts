import { parseDeviceId } from '../src/twins/deviceId';
import { readArguments } from './arguments';
import { defaultStateDir, withEmulatorEnv } from './emulatorEnv';
import { DeviceRegistry } from './registry';
import { runScript } from './runScript';
import { writeLine } from './writeLine';

const help = `Registers devices, and prints their connection strings.

  npm run register -- NAME… [options]

  --state-dir DIR    of the emulator whose hub it is (${defaultStateDir})
On another hub: set IOTHUB_CONNECTION_STRING, or IOTHUB_HOSTNAME and your Azure login.
`;

runScript(async () => {
  const { values, positionals } = readArguments(
    { command: 'npm run register', help },
    {
      allowPositionals: true,
      options: { 'state-dir': { type: 'string', default: defaultStateDir } },
    },
  );
  if (positionals.length === 0) throw new Error('Name the devices to register: npm run register -- NAME…');
  const deviceIds = positionals.map(parseDeviceId);
  const registry = new DeviceRegistry(withEmulatorEnv(values['state-dir']));
  for (const deviceId of deviceIds) {
    const { connectionString, isNew } = await registry.ensure(deviceId);
    if (!isNew) writeLine(process.stderr, `${deviceId} was registered already.`);
    writeLine(process.stdout, connectionString);
  }
});
