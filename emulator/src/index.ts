import { join } from 'node:path';
import { openAmqpDoors } from './amqpDoors';
import { LiveFleet } from './demo/liveFleet';
import { seedDevices } from './demo/seedDevices';
import { startEvents } from './events';
import { parseTopology, withRoutes } from './events/topology';
import { adminDoor } from './faults/adminDoor';
import { duplicateNotifications } from './faults/duplicate';
import type { FaultOrders } from './faults/fault';
import { Hub } from './iotHub';
import { type Clock, systemClock } from './limits/clock';
import { startGate } from './limits/startGate';
import type { Sku } from './limits/tier';
import type { CloudToDeviceOptions } from './messages/options';
import { messageRules } from './messages/rules';
import { startMqtt } from './mqtt';
import type { Ports } from './ports';
import { deviceApi } from './rest/devices/deviceApi';
import { health, startHttps } from './rest/httpsServer';
import { serviceApi } from './rest/serviceApi';
import { AccessControl } from './security/accessControl';
import { parseKeySet } from './security/bearerTokens';
import { loadCertificates } from './state/certificates';
import { deviceConnectionString, serviceConnectionString, settings } from './state/connectionStrings';
import { writeEnvironment } from './state/environment';
import { makeFolder, ownerOnly, ownerOnlyFolder } from './state/folders';
import { loadKeys } from './state/keys';
import { lockFolder } from './state/lockFolder';
import { PatientStore } from './store/patientStore';
import { judgeCallers } from './wire/callers';

export type { FaultInput } from './faults/fault';
export type { Clock } from './limits/clock';
export type { CloudToDeviceOptions } from './messages/options';

/** Whose bearer tokens are good. */
export interface TrustedIssuer {
  /** The claim `iss` of its tokens. */
  issuer: string;
  /** Its public keys: a JWK Set (RFC 7517), `{ keys: [ … ] }`. */
  keys: object;
}

/** How simulated devices live. */
export interface LiveOptions {
  /** Changes a second, of all of them together. Default 5. */
  perSecond?: number;
  /** The same, and the same devices do the same things in the same order. Default 1. */
  seed?: number;
}

/** Options of {@link startIotHub}; a port of 0 is a free one. */
export interface IotHubOptions {
  /** Host name in certificates and connection strings. Default `localhost`. */
  host?: string;
  /** Address to listen on. Default `127.0.0.1`. */
  bind?: string;
  /** Origins of pages in browsers that may call over HTTPS and WebSocket. Default: none but the emulator's own. */
  allowedOrigins?: readonly string[];
  /** Service REST API and Event Grid topics over HTTPS. Default 8443. */
  port?: number;
  /** MQTT over TLS. Default 8883. */
  mqttPort?: number;
  /** Event Hubs over AMQP, plain as the official Event Hubs emulator. Default 5672. */
  amqpPort?: number;
  /**
   * AMQP over TLS, for devices, services and Event Hubs. Default 5671; where that is taken, there is none, and a line in the
   * log.
   */
  amqpsPort?: number | undefined;
  /** Whether `amqpPort` speaks TLS too, with the certificate of the other doors. Default false. */
  amqpTls?: boolean;
  /** The CA, the keys and `env`: kept, so that connection strings stay good. Default `.emulator`. */
  stateDir?: string;
  /** Where devices and twins outlive the process; in memory only where absent. */
  dataDir?: string | undefined;
  /** PEM of authorities whose certificates devices may show. Default: none. */
  trustedCas?: readonly string[];
  /** Ids of devices to register where they are missing. */
  devices?: string[];
  /** How many simulated devices, with tags and reports, to register beside them. */
  simulated?: number;
  /** Has the simulated devices connect, report, move and go silent. Default: they stay as they are. */
  live?: LiveOptions | undefined;
  /** Whether queries may only hold what is documented for them, not what is documented for routes. Default false. */
  strictQueries?: boolean;
  /** Routes, Event Hubs and the Event Grid topic, as the README describes their JSON. Default: none. */
  topology?: object;
  /** Names of routes to switch on that the topology has switched off. Default: none. */
  routes?: readonly string[];
  /** How many jobs may be scheduled or running at a time. Default: what the edition has, and 10 without one. */
  jobConcurrency?: number;
  /** How many devices jobs work on in a second. Default: what the edition has, and as many as it goes without one. */
  jobRate?: { perSecond: number };
  /** The shape in which errors about twins, methods and jobs come. Default: `A`, but `B` of devices that were called. */
  errorShape?: 'A' | 'B' | 'C';
  /** Whose bearer tokens the service API accepts. Default: nobody's. */
  trustedIssuers?: TrustedIssuer[];
  /** Where the functions are that the topic's subscriptions name. Default `http://localhost:7071`. */
  functionsUrl?: string;
  /** Where Event Grid puts events aside that it cannot deliver; they are lost where it is absent. */
  deadLetterDir?: string | undefined;
  /** Factor on the waits between Event Grid's attempts to deliver, for tests. Default 1: those of the service. */
  retryScale?: number;
  /** The edition whose throttles and daily quota hold. Nothing is limited where it is absent. */
  sku?: Sku | undefined;
  /** Units of the edition. Default 1. */
  units?: number | undefined;
  /** Seconds of quota that may be used at once before anybody waits. Default 120. */
  burstSeconds?: number | undefined;
  /** Seconds that refusals by a throttle ask for in `Retry-After`; the service sends none, nor is one sent where absent. */
  retryAfterSeconds?: number | undefined;
  /** For the faults that strike by chance: the same, they strike the same. Default 1. */
  faultSeed?: number | undefined;
  /** How late queries see what changes, in milliseconds; reads by id never do. Default 0: at once. */
  queryLagMs?: number | undefined;
  /** How messages to devices are treated. Default: as of a new hub. */
  cloudToDevice?: CloudToDeviceOptions | undefined;
  /** The time of throttles, the quota, delays, late queries and messages to devices. Default: this machine's. */
  clock?: Clock | undefined;
  /** Takes a line for what an operator should hear of. Default: nobody. */
  log?: (line: string) => void;
}

/** A running emulator. */
export interface IotHub {
  ports: Ports;
  /** PEM of the CA to trust. */
  caCertificate: string;
  /** Of the policy `iothubowner`, or of another one. */
  connectionString(policy?: string): string;
  /** Of a registered device, or of a module on one: `device/module`. @throws HubError DeviceNotFound */
  deviceConnectionString(deviceId: string): string;
  /** What goes wrong next, as `POST /admin/faults` has it. */
  faults: FaultOrders;
  /** The settings that `env` of the state folder holds. */
  env: Readonly<Record<string, string>>;
  /** Ends every connection and closes every port. */
  stop(): Promise<void>;
}

/**
 * Starts an IoT Hub emulator in this process.
 *
 * @throws Error when a port is taken, the topology is not valid, the data folder is damaged, or the SKU does not come with so many units.
 */
export async function startIotHub(options: IotHubOptions = {}): Promise<IotHub> {
  const { host = 'localhost', bind = '127.0.0.1', stateDir = '.emulator', log = () => {} } = options;
  const { functionsUrl = 'http://localhost:7071', devices = [], retryScale = 1, trustedCas = [] } = options;
  const { deadLetterDir } = options;
  const judge = judgeCallers({ host, bind, origins: options.allowedOrigins ?? [] });
  const topology = withRoutes(parseTopology(options.topology ?? {}), options.routes ?? []);
  keepToOwner(options, stateDir, log);
  const certificates = await loadCertificates(stateDir, [...new Set([host, 'localhost', '127.0.0.1', '::1'])]);
  const keys = loadKeys(stateDir);
  const trustedIssuers = options.trustedIssuers?.map(({ issuer, keys }) => ({ issuer, keys: parseKeySet(keys) }));
  const access = new AccessControl(keys.policies, trustedIssuers);
  const { gate, faults, limits, stop: stopGate } = startGate(options);
  const running: { stop(): Promise<void> }[] = [];
  const stop = async () => {
    for (let part = running.pop(); part; part = running.pop()) await part.stop();
  };
  /** What was started last is stopped first. */
  const started = async <T extends { stop(): Promise<void> }>(part: Promise<T>): Promise<T> => {
    running.push(await part);
    return part;
  };
  try {
    // What was locked first is let go last.
    if (options.dataDir !== undefined) running.push(lockFolder(options.dataDir));
    const store = options.dataDir === undefined ? undefined : await started(openStore(options.dataDir, log));
    // After the doors, before the store: who waits has no connection left, and must not write any more.
    running.push({ stop: async () => stopGate() });
    const hub = new Hub({
      hostName: host,
      makeKeys: keys.device,
      queries: { strict: options.strictQueries ?? false },
      messages: messageRules(options.cloudToDevice),
      ...(options.clock ? { clock: options.clock } : {}),
      jobLimits: {
        concurrency: options.jobConcurrency ?? limits?.tier.maxActiveJobs,
        perSecond: options.jobRate?.perSecond ?? limits?.tier.jobsDeviceOpsPerSecond,
        meter: limits?.quota,
      },
      ...(store ? { store } : {}),
    });
    // After the doors, before the store: no job is taken any more, and none writes.
    running.push(hub.jobs, { stop: async () => hub.messages.stop() });
    const { simulated = 0, live, clock = systemClock } = options;
    const { perSecond = 5, seed = 1 } = live ?? {};
    await seedDevices(hub, { devices, simulated, ...(live ? { liveSeed: seed } : {}) });
    if (options.queryLagMs) hub.delayQueries(options.queryLagMs, clock);
    const { port = 8443, mqttPort = 8883, amqpPort = 5672 } = options;
    const events = startEvents({ hub, topology, keys, functionsUrl, retryScale, deadLetterDir, log });
    running.push(events);
    const amqp = await started(
      openAmqpDoors({
        ...{ hub, access, gate, bind, certificates, trustedCas, log, events: events.nodes },
        ...{ port: amqpPort, tls: options.amqpTls ?? false, tlsPort: options.amqpsPort },
      }),
    );
    duplicateNotifications(hub, faults);
    const mqtt = await started(
      startMqtt({ hub, access, gate, bind, port: mqttPort, certificates, trustedCas, store, log }),
    );
    const handlers = [
      health,
      events.handle,
      adminDoor({ faults, limits, log }),
      deviceApi({ hub, access, gate, log }),
      serviceApi({ hub, access, gate, errorShape: options.errorShape, log }),
    ];
    const subprotocols = [mqtt.webSocket, amqp.webSocket];
    const https = await started(startHttps({ bind, port, certificates, trustedCas, judge, handlers, subprotocols }));
    // The doors are open: methods reach their devices.
    hub.jobs.start();
    if (live && simulated > 0) {
      const fleet = new LiveFleet(hub, { devices: simulated, perSecond, seed, clock });
      running.push(fleet);
      fleet.start();
    }
    const ports = { https: https.port, mqtt: mqtt.port, amqp: amqp.port, amqps: amqp.tlsPort };
    const address = { host, ports, keys };
    const [device] = devices.map((deviceId) => hub.getIdentity(deviceId));
    const env = settings(address, { stateDir, topology, device, amqpTls: options.amqpTls ?? false });
    writeEnvironment(stateDir, env);
    return {
      ports,
      caCertificate: certificates.ca,
      connectionString: (policy = 'iothubowner') => serviceConnectionString(address, policy),
      deviceConnectionString: (id) => deviceConnectionString(address, hub.getIdentity(id)),
      faults,
      env,
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Makes the folders. What an earlier version left within reach of other users, keys among it, is so no longer. */
function keepToOwner({ dataDir, deadLetterDir }: IotHubOptions, stateDir: string, log: (line: string) => void): void {
  const ours: [folder: string | undefined, files: string[]][] = [
    [stateDir, ['secret', 'env', 'certificates.json', 'ca.pem', 'ca-bundle.pem']],
    [dataDir, ['hub.mdb', 'hub.mdb-lock']],
    [deadLetterDir, ['.']],
  ];
  for (const [folder, files] of ours) {
    if (folder === undefined) continue;
    makeFolder(folder);
    const wasOpen = [ownerOnlyFolder(folder), ownerOnly(...files.map((file) => join(folder, file)))].includes(true);
    if (wasOpen) log(`${folder} was open to other users of this machine; it is not any more.`);
  }
}

/** Native code that only a hub with a data folder needs: loaded when used. */
async function openStore(dataDir: string, log: (line: string) => void) {
  const { LmdbStore } = await import('./store/lmdbStore');
  return new PatientStore(await LmdbStore.open(dataDir), dataDir, log);
}
