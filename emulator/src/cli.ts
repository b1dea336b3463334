import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { parseTopology } from './events/topology';
import { type IotHubOptions, startIotHub, type TrustedIssuer } from './index';
import { parseSku } from './limits/tier';
import { parseKeySet } from './security/bearerTokens';
import { visible } from './service/visible';
import { commandFor443, portRights } from './state/port443';

const help = `An Azure IoT Hub emulator for the official service and device SDKs.

Usage: iot-hub-emulator [options]

  --port N              service REST API and Event Grid topics, HTTPS (8443)
  --mqtt-port N         devices, MQTT over TLS (8883)
  --amqp-port N         Event Hubs, AMQP without TLS (5672)
  --amqps-port N        AMQP over TLS: devices, services, Event Hubs (5671, where that is free)
  --amqp-tls            --amqp-port with TLS too
                        A port of 0 is a free one.
  --bind ADDRESS        where to listen (127.0.0.1)
  --host NAME           host name in certificates and connection strings, and that requests may carry (localhost)
  --allow-origin ORIGIN let pages of this origin call; may be repeated
  --state-dir DIR       the CA, the keys and env with ready-made settings (.emulator)
  --data DIR            keep devices and twins there (in memory only)
  --device-ca FILE      trust this authority (PEM) for certificates of devices; may be repeated
  --device ID           register a device; may be repeated
  --simulate N          register N devices with tags and reports beside them
  --live                these connect, report, move and go silent
  --live-rate N         changes a second, of all of them together (5)
  --seed N              makes what they do, by chance, otherwise (1)
  --strict              refuse functions in twin queries that are documented for routes only
  --topology FILE       routes, Event Hubs, topic and subscriptions, as JSON
  --route NAME          switch on a route that the topology has switched off; may be repeated
  --dead-letters DIR    where Event Grid puts events that it cannot deliver (they are dropped)
  --retry-scale N       factor on the waits of Event Grid between its attempts (1)
  --functions-url URL   where the functions of the subscriptions are (http://localhost:7071)
  --sku SKU             throttle as F1, S1, S2 or S3, with its daily quota (no limits)
  --units N             of that SKU (1)
  --burst SECONDS       quota that may be used at once before requests wait (120)
  --retry-after SECONDS what a throttled request is told to wait (nothing, as the service)
  --query-lag MS        queries see changes so late; reads by id do not (0)
  --message-ttl SECONDS how long messages to devices are kept that say nothing of it (3600)
  --message-lock SECONDS
                        how long a device has for a message before it comes again (60)
  --message-deliveries N
                        how often a device is given a message (10)
  --feedback-every SECONDS
                        what became of messages is gathered so long (15)
  --fault-seed N        makes faults that strike by chance strike otherwise (1)
  --trust-issuer URL=FILE
                        accept bearer tokens of this issuer, by the keys of a JWK Set; may be repeated
  --help                this text
`;

/** The package, which is one bundle with its command line: a start reads it once. */
export { startIotHub };

/** What the command of the package does. */
export function main(): void {
  run().catch(fail);
}

async function run(): Promise<void> {
  const options = readOptions();
  if (!options) return void process.stdout.write(help);
  const hub = await startIotHub({ ...options, log: (text) => console.log(visible(text)) });
  const { https, mqtt, amqp, amqps } = hub.ports;
  const { host = 'localhost', stateDir = '.emulator' } = options;
  console.log(`Service API  https://${host}:${https}`);
  console.log(`Devices      mqtts://${host}:${mqtt}`);
  if (amqps !== undefined) console.log(`AMQP         amqps://${host}:${amqps}`);
  console.log(`Event Hubs   ${options.amqpTls ? 'amqps' : 'amqp'}://${host}:${amqp}`);
  console.log(`Settings     ${stateDir}/env`);
  const command = https === 443 ? undefined : commandFor443(portRights());
  if (command) console.log(`Port 443     ${command}   (then --port 443, which most service SDKs dial)`);
  console.log('ready');
  let stopping = false;
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      if (stopping) return;
      stopping = true;
      void hub.stop().then(() => process.exit(0), fail);
    });
  }
}

/** @returns undefined where only help was asked for. */
function readOptions(): IotHubOptions | undefined {
  const { values } = parseArgs({
    options: {
      port: { type: 'string', default: '8443' },
      'mqtt-port': { type: 'string', default: '8883' },
      'amqp-port': { type: 'string', default: '5672' },
      'amqps-port': { type: 'string' },
      'amqp-tls': { type: 'boolean', default: false },
      bind: { type: 'string', default: '127.0.0.1' },
      host: { type: 'string', default: 'localhost' },
      'allow-origin': { type: 'string', multiple: true, default: [] },
      'state-dir': { type: 'string', default: '.emulator' },
      data: { type: 'string' },
      'device-ca': { type: 'string', multiple: true, default: [] },
      device: { type: 'string', multiple: true, default: [] },
      simulate: { type: 'string', default: '0' },
      live: { type: 'boolean', default: false },
      'live-rate': { type: 'string' },
      seed: { type: 'string' },
      strict: { type: 'boolean', default: false },
      topology: { type: 'string' },
      route: { type: 'string', multiple: true, default: [] },
      'dead-letters': { type: 'string' },
      'retry-scale': { type: 'string', default: '1' },
      'functions-url': { type: 'string', default: 'http://localhost:7071' },
      sku: { type: 'string' },
      units: { type: 'string', default: '1' },
      burst: { type: 'string', default: '120' },
      'retry-after': { type: 'string' },
      'query-lag': { type: 'string', default: '0' },
      'message-ttl': { type: 'string', default: '3600' },
      'message-lock': { type: 'string', default: '60' },
      'message-deliveries': { type: 'string', default: '10' },
      'feedback-every': { type: 'string', default: '15' },
      'fault-seed': { type: 'string', default: '1' },
      'trust-issuer': { type: 'string', multiple: true, default: [] },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return undefined;
  return {
    port: count('--port', values.port, 65_535),
    mqttPort: count('--mqtt-port', values['mqtt-port'], 65_535),
    amqpPort: count('--amqp-port', values['amqp-port'], 65_535),
    amqpsPort: values['amqps-port'] === undefined ? undefined : count('--amqps-port', values['amqps-port'], 65_535),
    amqpTls: values['amqp-tls'],
    bind: values.bind,
    host: values.host,
    allowedOrigins: values['allow-origin'],
    stateDir: values['state-dir'],
    dataDir: values.data,
    trustedCas: values['device-ca'].map(readCa),
    devices: values.device,
    simulated: count('--simulate', values.simulate, 1_000_000),
    live: liveOptions(values),
    strictQueries: values.strict,
    routes: values.route,
    functionsUrl: values['functions-url'],
    deadLetterDir: values['dead-letters'],
    trustedIssuers: values['trust-issuer'].map(readTrustedIssuer),
    retryScale: factor('--retry-scale', values['retry-scale']),
    sku: values.sku === undefined ? undefined : parseSku(values.sku),
    units: count('--units', values.units, 200),
    burstSeconds: count('--burst', values.burst, 3600),
    retryAfterSeconds:
      values['retry-after'] === undefined ? undefined : count('--retry-after', values['retry-after'], 3600),
    queryLagMs: count('--query-lag', values['query-lag'], 3_600_000),
    cloudToDevice: {
      ttlSeconds: count('--message-ttl', values['message-ttl'], 172_800),
      lockSeconds: count('--message-lock', values['message-lock'], 300),
      maxDeliveryCount: count('--message-deliveries', values['message-deliveries'], 100),
      feedbackSeconds: count('--feedback-every', values['feedback-every'], 3600),
    },
    faultSeed: seed('--fault-seed', values['fault-seed']),
    ...(values.topology === undefined ? {} : { topology: readTopology(values.topology) }),
  };
}

function count(option: string, text: string, most: number): number {
  if (/^\d+$/.test(text) && Number(text) <= most) return Number(text);
  throw new Error(`${option} takes a number from 0 to ${most}, not '${text}'.`);
}

function factor(option: string, text: string): number {
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text);
  throw new Error(`${option} takes a number such as 0.1, not '${text}'.`);
}

/** @throws Error where something is said of them, and they are not asked for. */
function liveOptions({ live, ...values }: { live: boolean; 'live-rate'?: string; seed?: string }) {
  const given = (['live-rate', 'seed'] as const).find((name) => values[name] !== undefined);
  if (!live && given !== undefined) throw new Error(`--${given} is of --live.`);
  if (!live) return undefined;
  const { 'live-rate': perSecond = '5', seed: number = '1' } = values;
  return { perSecond: rate('--live-rate', perSecond), seed: seed('--seed', number) };
}

function seed(option: string, text: string): number {
  return count(option, text, 2 ** 31 - 1);
}

function rate(option: string, text: string): number {
  const perSecond = count(option, text, 1000);
  if (perSecond > 0) return perSecond;
  throw new Error(`${option} takes a number from 1 to 1000, not '${text}'.`);
}

function readCa(file: string): string {
  try {
    const pem = readFileSync(file, 'utf8');
    if (new X509Certificate(pem).ca) return pem;
  } catch (error) {
    throw new Error(`--device-ca ${file}: ${error instanceof Error ? error.message : error}`);
  }
  throw new Error(`--device-ca ${file}: the certificate is not that of an authority.`);
}

function readTopology(file: string): object {
  return readJson(`--topology ${file}`, file, parseTopology);
}

function readTrustedIssuer(text: string): TrustedIssuer {
  const [, issuer, file] = /^([^=]+)=(.+)$/.exec(text) ?? [];
  if (!issuer || !file) throw new Error(`--trust-issuer takes URL=FILE, not '${text}'.`);
  return { issuer, keys: readJson(`--trust-issuer ${text}`, file, parseKeySet) };
}

function readJson<T>(option: string, file: string, parse: (input: unknown) => T): T {
  try {
    return parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch (error) {
    throw new Error(`${option}: ${error instanceof Error ? error.message : error}`);
  }
}

function fail(error: unknown): never {
  console.error(visible(error instanceof Error ? error.message : String(error)));
  process.exit(1);
}
