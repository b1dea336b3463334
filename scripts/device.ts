import { parseArgs } from 'node:util';
import { runSimulatedDevice } from '../device/simulatedDevice';
import { parseDeviceId } from '../src/twins/deviceId';
import { defaultStateDir, trustedCertificates, withEmulatorEnv } from './emulatorEnv';
import { DeviceRegistry } from './registry';
import { runScript } from './runScript';
import { tutorialDevice } from './system';

runScript(async () => {
  const { values } = parseArgs({
    options: {
      'device-id': { type: 'string' },
      connectivity: { type: 'string', default: 'cellular' },
      once: { type: 'boolean', default: false },
      'state-dir': { type: 'string', default: defaultStateDir },
    },
  });
  const env = withEmulatorEnv(values['state-dir']);
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());
  await runSimulatedDevice({
    connectionString: await connectionString(values['device-id'], env),
    connectivity: values.connectivity,
    ca: trustedCertificates(env),
    log: (line) => console.log(line),
    ...(values.once ? {} : { until: stop.signal }),
  });
});

/** Of the device asked for: as given in `DEVICE_CONNECTION_STRING`, else by asking the hub for its key. */
async function connectionString(deviceId: string | undefined, env: NodeJS.ProcessEnv): Promise<string> {
  const given = env.DEVICE_CONNECTION_STRING;
  const givenId = given && /(?:^|;)DeviceId=([^;]*)/.exec(given)?.[1];
  if (given && (deviceId === undefined || deviceId === givenId)) return given;
  return new DeviceRegistry(env).connectionString(parseDeviceId(deviceId ?? tutorialDevice));
}
