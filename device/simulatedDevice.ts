import { once } from 'node:events';
import { type AuthenticationProvider, ConnectionString } from 'azure-iot-common';
import { Client, type Twin } from 'azure-iot-device';
import { Mqtt } from 'azure-iot-device-mqtt';
import { MqttBase } from 'azure-iot-mqtt-base';

export interface SimulatedDeviceOptions {
  /** `HostName=…;DeviceId=…;SharedAccessKey=…`, of a real hub or of the emulator. */
  connectionString: string;
  /** What the device reports as `properties.reported.connectivity`. */
  connectivity: string;
  /** PEM of the certificates to trust. */
  ca: string;
  /** Where the device says what happens. */
  log: (line: string) => void;
  /** Stay connected until this aborts; where absent, disconnect once the report is confirmed. */
  until?: AbortSignal;
}

/**
 * The device of the tutorial: connects over MQTT, receives its twin, reports its connectivity and waits for the hub's
 * confirmation, then hears of its desired properties until it is told to stop.
 *
 * @throws Error when the hub refuses the connection or the report, or does not answer within {@link answerTimeout}.
 */
export async function runSimulatedDevice(options: SimulatedDeviceOptions): Promise<void> {
  const { connectivity, log, until } = options;
  let status = 0;
  const client = Client.fromConnectionString(
    options.connectionString,
    mqttTelling((told) => {
      status = told;
    }),
  );
  await client.setOptions({ ca: options.ca });
  try {
    await answered('the connection', open(client, options.connectionString));
    log('connected');
    const twin = await answered('the request for the twin', client.getTwin());
    log(`twin: ${status} ${JSON.stringify(twin.properties)}`);
    await answered('the report', report(twin, { connectivity }));
    if (status >= 300) throw new Error(`the hub refused the report with status ${status}`);
    log(`reported {"connectivity":"${connectivity}"}: ${status}`);
    if (until && !until.aborted) {
      twin.on('properties.desired', (desired: unknown) => log(`desired properties: ${JSON.stringify(desired)}`));
      client.on('disconnect', () => log('the connection is lost for good'));
      log('connected until Ctrl-C');
      await once(until, 'abort');
    }
  } finally {
    await client.close();
  }
}

/** The SDK hides the status of a twin response; its transport takes the MQTT connection on which we can read it. */
function mqttTelling(status: (status: number) => void) {
  return class extends Mqtt {
    constructor(authenticationProvider: AuthenticationProvider) {
      const connection = new MqttBase();
      connection.on('message', (topic: string) => {
        const response = /^\$iothub\/twin\/res\/(\d+)\//.exec(topic);
        if (response) status(Number(response[1]));
      });
      super(authenticationProvider, connection);
    }
  };
}

/** The SDK calls every failure "not authorized", also where nobody answers. */
async function open(client: Client, connectionString: string): Promise<void> {
  try {
    await client.open();
  } catch (error) {
    const [fault] = /(?:connect|getaddrinfo) E[A-Z]+ \S+/.exec(String(error)) ?? [];
    if (fault === undefined) throw error;
    const { HostName: host } = ConnectionString.parse(connectionString);
    throw new Error(`No connection to ${host}: ${fault}`);
  }
}

/** The SDK takes this call by callback only. */
function report(twin: Twin, patch: object): Promise<void> {
  return new Promise((resolve, reject) => {
    twin.properties.reported.update(patch, (error: Error | null) => (error ? reject(error) : resolve()));
  });
}

/** Milliseconds. The SDK waits for ever for a twin answer that does not come; we do not. */
const answerTimeout = 15_000;

async function answered<T>(what: string, answer: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer to ${what} in ${answerTimeout / 1000} s`)), answerTimeout);
  });
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
}
