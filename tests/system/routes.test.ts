import { MqttPeer } from '../../emulator/tests/support/mqttPeer';
import topology from '../../infra/topology.json';
import { type Parts, startParts } from './parts';

let parts: Parts;

afterEach(() => parts.stop());

/** Creates a device, tags it, deletes it: all are told in one partition, in this order. Answers what the relay was told. */
async function notificationsOfALife(wiring: object): Promise<number> {
  parts = await startParts(wiring);
  const lines = await parts.startHost('.');
  const registry = parts.emulator.registry();
  await registry.create({ deviceId: 'd1' });
  await registry.updateTwin('d1', { tags: { plant: 'Redmond43' } }, '*');
  await registry.delete('d1');
  await lines.match(/devices\/d1 was deleted/);
  const counts = lines.all.flatMap((line) => /relaying \d+ of (\d+) notifications/.exec(line)?.[1] ?? []);
  return counts.reduce((sum, count) => sum + Number(count), 0);
}

test('with the routes of the topology, creation, change and deletion are told', async () => {
  expect(await notificationsOfALife(topology)).toBe(3);
});

test('without the route of twin changes, a change is not told', async () => {
  const routes = topology.routes.filter(({ source }) => source !== 'TwinChangeEvents');
  expect(await notificationsOfALife({ ...topology, routes })).toBe(2);
});

/** Has a device connect and leave, then tags it: what is told comes before the tags. */
async function connectionsTold(routes: string[]): Promise<string[]> {
  parts = await startParts(topology, routes);
  const lines = await parts.startHost('.');
  const peer = await MqttPeer.open(parts.emulator.hub, 'myDeviceId');
  await peer.leave();
  await parts.emulator.registry().updateTwin('myDeviceId', { tags: { plant: 'Redmond43' } }, '*');
  await lines.match(/devices\/myDeviceId changed/);
  if (routes.length > 0) await lines.match(/devices\/myDeviceId disconnected/);
  return lines.all.flatMap((line) => /devices\/myDeviceId (connected|disconnected)/.exec(line)?.[1] ?? []).sort();
}

test('connections are told where their route is switched on, and only there', async () => {
  expect(await connectionsTold(['device-connections'])).toEqual(['connected', 'disconnected']);
  await parts.stop();
  expect(await connectionsTold([])).toEqual([]);
});
