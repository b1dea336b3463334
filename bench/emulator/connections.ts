import type { Row } from '../row';
import { Clients } from './clients';
import { registerDevices } from './deviceFleet';
import { residentBytes, startEmulatorProcess } from './process';

const devices = 10_000;

/** 10,000 devices that connect at once and report: how fast, and what each takes. */
export async function connections(): Promise<Row[]> {
  const emulator = await startEmulatorProcess([]);
  const clients = Clients.start(2);
  try {
    const addresses = await registerDevices(emulator, devices);
    const before = residentBytes(emulator.pid);
    const ms = await clients.connect(addresses);
    const each = (residentBytes(emulator.pid) - before) / devices;
    const reports = await clients.perSecond('report', 5000, 1);
    return [
      {
        what: `${devices} devices over TLS: connects a second, clients on the same cores`,
        value: devices / (ms / 1000),
        unit: '/s',
      },
      { what: `${devices} devices: memory of each connection`, value: each, unit: 'bytes' },
      { what: `${devices} devices connected: reports a second`, value: reports, unit: '/s' },
    ];
  } finally {
    await clients.end();
    await emulator.stop();
  }
}
