import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { withEmulatorEnv } from '../../scripts/emulatorEnv';

let stateDir: string;

beforeAll(() => {
  stateDir = mkdtempSync(join(tmpdir(), 'env-'));
  const lines = [
    'IOTHUB_CONNECTION_STRING=HostName=localhost:8443',
    'IOTHUB_DEVICE_HOSTNAME=localhost:8883',
    'TwinChanges=x',
  ];
  writeFileSync(join(stateDir, 'env'), lines.join('\n'));
});
afterAll(() => rmSync(stateDir, { recursive: true }));

test('what the emulator left is taken where the environment says nothing', () => {
  expect(withEmulatorEnv(stateDir, { PATH: '/bin' })).toMatchObject({
    PATH: '/bin',
    IOTHUB_CONNECTION_STRING: 'HostName=localhost:8443',
    IOTHUB_DEVICE_HOSTNAME: 'localhost:8883',
  });
});

test.each([{ IOTHUB_HOSTNAME: 'my-hub.azure-devices.net' }, { IOTHUB_CONNECTION_STRING: 'HostName=my-hub' }])(
  'a hub that the environment names in its own way is not mixed with the emulator: %j',
  (environment) => {
    expect(withEmulatorEnv(stateDir, environment)).toEqual({ ...environment, TwinChanges: 'x' });
  },
);
