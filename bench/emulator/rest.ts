import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { compared } from '../compared';
import type { Contender } from '../inTurn';
import { signToken } from '../rawHub';
import type { Row } from '../row';
import { type BareServer, startBare } from './bareServers';
import {
  type Connections,
  type Load,
  nodeConnections,
  type Request,
  rawConnections,
  simulatedId,
  twinRequest,
} from './keepAlive';
import { type EmulatorProcess, startEmulatorProcess } from './process';

const sliceMs = 600;

/** What is measured of a build. */
interface Hubs {
  inMemory: EmulatorProcess;
  kept: EmulatorProcess;
  stop(): Promise<void>;
}

/** A bare server, and our hubs, and those of another build. */
interface Servers {
  ours: Hubs;
  other: Hubs | undefined;
  bare: BareServer;
}

/** A line of the table. */
interface Line {
  what: string;
  method: Request['method'];
  hub: 'inMemory' | 'kept';
  /** Of as many twins. */
  twins: number;
  /** Whether each request has a token of its own. */
  hasFreshTokens?: boolean;
  connections: number;
  connect(load: Load): Connections | Promise<Connections>;
  /** What the ratio to the other build is to be at most, and that to the bare server. */
  toOther?: number;
  toBare?: number;
}

const common = { hub: 'inMemory', twins: 1000, connections: 32, connect: rawConnections } as const;
const nodes = { ...common, connections: 16, connect: nodeConnections };
const manyTwins = 100_000;
const many = { ...common, twins: manyTwins, hasFreshTokens: true };

const lines: readonly Line[] = [
  { ...common, what: 'twin reads', method: 'GET', toOther: 0.6 },
  { ...common, what: 'twin updates', method: 'PATCH', toOther: 0.6 },
  { ...many, what: `reads of ${manyTwins} twins, fresh tokens`, method: 'GET' },
  { ...many, what: `updates of ${manyTwins} twins, fresh tokens`, method: 'PATCH' },
  { ...nodes, what: "twin reads, Node's client", method: 'GET', toBare: 1.25 },
  { ...nodes, what: "twin updates, Node's client", method: 'PATCH', toBare: 1.35 },
  { ...common, what: 'twin updates, each durable before its answer', method: 'PATCH', hub: 'kept' },
];

/**
 * What reads and updates of twins over REST cost the emulator's process: against a bare HTTPS server that answers with the
 * same bytes, and against another build.
 *
 * @param otherBuild its folder.
 */
export async function emulatorRest(otherBuild?: string): Promise<Row[]> {
  const ours = await startHubs();
  const other = otherBuild === undefined ? undefined : await startHubs(otherBuild);
  const bare = await startBareServer(ours.inMemory);
  try {
    const rows: Row[] = [];
    for (const line of lines) rows.push(...(await measure(line, { ours, other, bare })));
    return rows;
  } finally {
    await bare.stop();
    await other?.stop();
    await ours.stop();
  }
}

async function measure(line: Line, { ours, other, bare }: Servers): Promise<Row[]> {
  const { what, hub, connections, connect, toOther, toBare } = line;
  const opened: Connections[] = [];
  const contender = async (pid: number, port: number, asked: EmulatorProcess): Promise<Contender> => {
    const clients = await connect({ port, ca: asked.ca, connections, requests: requestsTo(asked, line) });
    opened.push(clients);
    return { pids: [pid], load: () => clients.load(sliceMs) };
  };
  const ofHub = (process: EmulatorProcess) => contender(process.pid, process.httpsPort, process);
  const rows = await compared(`emulator, REST: ${what}`, await ofHub(ours[hub]), [
    { what: 'the other build', contender: other && (await ofHub(other[hub])), atMost: toOther },
    { what: 'bare', contender: await contender(bare.pid, bare.port, ours.inMemory), atMost: toBare },
  ]);
  for (const clients of opened) clients.end();
  return rows;
}

async function startHubs(build?: string): Promise<Hubs> {
  const inMemory = await startEmulatorProcess(['--simulate', `${manyTwins}`], build);
  const data = ['--data', join(inMemory.stateDir, 'data')];
  const kept = await startEmulatorProcess(['--simulate', '1000', ...data], build);
  return {
    inMemory,
    kept,
    async stop() {
      await kept.stop();
      await inMemory.stop();
    },
  };
}

/** No two updates of a twin that follow one another are the same. */
function requestsTo({ env }: EmulatorProcess, { method, twins, hasFreshTokens }: Line): Request[] {
  const sign = (validity: number) => signToken(env.IOTHUB_CONNECTION_STRING ?? '', validity);
  const token = sign(3600);
  const rounds = Math.max(1, 20_000 / twins);
  return Array.from({ length: twins * rounds }, (_, index) => {
    const body = method === 'GET' ? '' : JSON.stringify({ tags: { location: { floor: index } } });
    return twinRequest(method, simulatedId(index, twins), hasFreshTokens ? sign(3600 + index) : token, body);
  });
}

/** With the certificate of an emulator, and one of its twins as body. */
async function startBareServer({ httpsPort, ca, env, stateDir }: EmulatorProcess): Promise<BareServer> {
  const { request } = await import('node:https');
  const authorization = signToken(env.IOTHUB_CONNECTION_STRING ?? '');
  const asked = request({ port: httpsPort, ca, path: '/twins/sim-000001', headers: { authorization } }).end();
  const [reply] = await once(asked, 'response');
  const file = join(stateDir, 'body.json');
  await writeFile(file, Buffer.concat(await reply.toArray()));
  return startBare('bareServer.ts', join(stateDir, 'certificates.json'), file);
}
