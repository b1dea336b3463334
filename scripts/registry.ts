import * as z from 'zod/mini';
import { type HubAddress, parseConnectionString, parseHostName } from '../src/azure/hub/hubAddress';
import { HubConnection } from '../src/azure/hub/hubConnection';
import { HubError } from '../src/azure/hub/hubError';
import type { Access } from '../src/azure/hub/toHubError';
import { trustedCertificates } from './emulatorEnv';

/** A device identity as far as its connection string needs it. */
const identitySchema = z.object({
  deviceId: z.string(),
  authentication: z.object({ symmetricKey: z.object({ primaryKey: z.string() }) }),
});

const readAccess: Access = { right: 'RegistryRead', role: 'IoT Hub Registry Contributor' };
const writeAccess: Access = { right: 'RegistryWrite', role: 'IoT Hub Registry Contributor' };
const deadlineMs = 30_000;

/** The identity registry of the configured hub, for the scripts of a developer. */
export class DeviceRegistry {
  readonly #connection: HubConnection;
  readonly #deviceHostName: string;

  /** @throws InvalidInputError where the environment names no hub, or names it wrongly. */
  constructor(env: NodeJS.ProcessEnv) {
    const address = hubAddress(env);
    this.#connection = new HubConnection(address, { ca: trustedCertificates(env) });
    this.#deviceHostName = env.IOTHUB_DEVICE_HOSTNAME ?? address.host;
  }

  /** Registers a device with keys that the hub makes, where it is not there; answers its connection string. */
  async ensure(deviceId: string): Promise<{ connectionString: string; isNew: boolean }> {
    try {
      return { connectionString: await this.connectionString(deviceId), isNew: false };
    } catch (error) {
      if (!(error instanceof HubError) || error.code !== 'notFound') throw error;
    }
    const create = this.#connectionString(({ registry }) => registry.create({ deviceId }), writeAccess);
    return { connectionString: await create, isNew: true };
  }

  /** The connection string of a registered device. */
  connectionString(deviceId: string): Promise<string> {
    return this.#connectionString(({ registry }) => registry.get(deviceId), readAccess);
  }

  async #connectionString(invoke: Parameters<HubConnection['send']>[0]['invoke'], access: Access): Promise<string> {
    const call = { kind: 'registry' as const, invoke, schema: identitySchema, access };
    const { body } = await this.#connection.send(call, AbortSignal.timeout(deadlineMs));
    const { deviceId, authentication } = body;
    return `HostName=${this.#deviceHostName};DeviceId=${deviceId};SharedAccessKey=${authentication.symmetricKey.primaryKey}`;
  }
}

function hubAddress({ IOTHUB_CONNECTION_STRING, IOTHUB_HOSTNAME, AZURE_CLIENT_ID }: NodeJS.ProcessEnv): HubAddress {
  if (IOTHUB_CONNECTION_STRING) return parseConnectionString(IOTHUB_CONNECTION_STRING);
  if (!IOTHUB_HOSTNAME) {
    throw new Error(
      'No hub: run npm start (or npm run emulator) first, or set IOTHUB_CONNECTION_STRING or IOTHUB_HOSTNAME.',
    );
  }
  return { ...parseHostName(IOTHUB_HOSTNAME), credential: { kind: 'identity', clientId: AZURE_CLIENT_ID } };
}
