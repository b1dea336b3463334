import { ConnectionString } from 'azure-iot-common';
import { runSimulatedDevice } from '../device/simulatedDevice';
import { parseDeviceId } from '../src/twins/deviceId';
import { readArguments } from './arguments';
import { defaultStateDir, trustedCertificates, withEmulatorEnv } from './emulatorEnv';
import { DeviceRegistry } from './registry';
import { runScript } from './runScript';
import { tutorialDevice } from './system';
import { writeLine } from './writeLine';

const help = `Runs the simulated device: it connects, receives its twin and reports its connectivity.

  npm run device -- [options]

  --device-id NAME       a registered device (${tutorialDevice})
  --connectivity NAME    what it reports (cellular)
  --once                 ends when the report is confirmed; else Ctrl-C does
  --state-dir DIR        of the emulator whose hub it is (${defaultStateDir})
On another hub: set DEVICE_CONNECTION_STRING.
`;

runScript(async () => {
  const { values } = readArguments(
    { command: 'npm run device', help },
    {
      options: {
        'device-id': { type: 'string' },
        connectivity: { type: 'string', default: 'cellular' },
        once: { type: 'boolean', default: false },
        'state-dir': { type: 'string', default: defaultStateDir },
      },
    },
  );
  const env = withEmulatorEnv(values['state-dir']);
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());
  await runSimulatedDevice({
    connectionString: await connectionString(values['device-id'], env),
    connectivity: values.connectivity,
    ca: trustedCertificates(env),
    log: (line) => writeLine(process.stdout, line),
    ...(values.once ? {} : { until: stop.signal }),
  });
});

/** Of the device asked for: as given in `DEVICE_CONNECTION_STRING`, else by asking the hub for its key. */
async function connectionString(deviceId: string | undefined, env: NodeJS.ProcessEnv): Promise<string> {
  const given = env.DEVICE_CONNECTION_STRING;
  if (given && (deviceId === undefined || deviceId === ConnectionString.parse(given).DeviceId)) return checked(given);
  return new DeviceRegistry(env).connectionString(parseDeviceId(deviceId ?? tutorialDevice));
}

/** @throws Error for one that lacks a part: the SDK would end the process, or say that it is not authorized. */
function checked(given: string): string {
  const parts = ConnectionString.parse(given);
  for (const part of ['HostName', 'DeviceId', 'SharedAccessKey'] as const) {
    if (parts[part]) continue;
    const example = 'HostName=my-hub.azure-devices.net;DeviceId=myDeviceId;SharedAccessKey=…';
    throw new Error(`DEVICE_CONNECTION_STRING lacks ${part}=…. Example: ${example}`);
  }
  return given;
}
