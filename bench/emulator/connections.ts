import { join } from 'node:path';
import { compared } from '../compared';
import type { Contender } from '../inTurn';
import type { Row } from '../row';
import { startBare } from './bareServers';
import { Clients } from './clients';
import { registerDevices } from './deviceFleet';
import type { MqttAddress } from './mqttClient';
import { residentBytes, startEmulatorProcess } from './process';

const devices = 10_000;
const reportMs = 5000;
/** That connect again and again. */
const few = 200;

/**
 * Devices that connect: 10,000 at once, how fast and what each takes; and what it costs, against bare TLS connections and
 * another build.
 *
 * @param otherBuild its folder.
 */
export async function connections(otherBuild?: string): Promise<Row[]> {
  return [...(await manyAtOnce()), ...(await costOfEach(otherBuild))];
}

async function manyAtOnce(): Promise<Row[]> {
  const emulator = await startEmulatorProcess([]);
  const clients = Clients.start(2);
  try {
    const addresses = await registerDevices(emulator, devices);
    const before = residentBytes(emulator.pid);
    const ms = await clients.connect(addresses);
    const each = (residentBytes(emulator.pid) - before) / devices;
    const reports = await clients.load('report', reportMs, 1);
    return [
      {
        what: `${devices} devices over TLS: connects a second, clients on the same cores`,
        value: devices / (ms / 1000),
        unit: '/s',
      },
      { what: `${devices} devices: memory of each connection`, value: each, unit: 'bytes' },
      { what: `${devices} devices connected: reports a second`, value: reports / (reportMs / 1000), unit: '/s' },
    ];
  } finally {
    await clients.end();
    await emulator.stop();
  }
}

async function costOfEach(otherBuild: string | undefined): Promise<Row[]> {
  const stops: (() => Promise<void>)[] = [];
  const connecting = async (pid: number, addresses: MqttAddress[]): Promise<Contender> => {
    const clients = Clients.start(1);
    stops.unshift(() => clients.end());
    return { pids: [pid], load: () => clients.reconnect(addresses) };
  };
  const ofBuild = async (build?: string) => {
    const emulator = await startEmulatorProcess([], build);
    stops.unshift(() => emulator.stop());
    const addresses = await registerDevices(emulator, few);
    return { emulator, addresses, contender: await connecting(emulator.pid, addresses) };
  };
  try {
    const { emulator, addresses, contender } = await ofBuild();
    const other = otherBuild === undefined ? undefined : await ofBuild(otherBuild);
    const bare = await startBare('bareTls.ts', join(emulator.stateDir, 'certificates.json'));
    stops.unshift(() => bare.stop());
    const toBare = addresses.map((address) => ({ ...address, port: bare.port }));
    return await compared('a device connects over TLS', contender, [
      { what: 'the other build', contender: other?.contender },
      { what: 'bare TLS', contender: await connecting(bare.pid, toBare), atMost: 1.3 },
    ]);
  } finally {
    for (const stop of stops) await stop();
  }
}
