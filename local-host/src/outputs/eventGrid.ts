import type { Binding, TypedData } from '../core/rpc';
import { toPublication } from './events';
import { post } from './post';

const apiVersion = '2018-01-01';

/**
 * Publishes what a function leaves to an Event Grid topic.
 *
 * @throws Error where the settings of the binding are missing, or the topic does not take the events.
 */
export async function sendEvents(binding: Binding, value: TypedData): Promise<void> {
  const { endpoint, key } = readTopic(binding);
  const publication = toPublication(value);
  if (!publication) return;
  const target = new URL(endpoint);
  target.searchParams.set('api-version', apiVersion);
  const headers = { 'content-type': publication.contentType, 'aeg-sas-key': key };
  const { status, body } = await post(target, headers, publication.body);
  if (status < 200 || status > 299) throw new Error(`The Event Grid topic answered ${status}: ${body}`);
}

/** Both properties of the binding name settings. An identity is nothing that a local host could have. */
function readTopic({ topicEndpointUri, topicKeySetting, connection }: Binding): { endpoint: string; key: string } {
  if (connection !== undefined) {
    throw new Error(`Event Grid output by identity (connection '${connection}') is not served: set a topic key.`);
  }
  return { endpoint: setting(topicEndpointUri), key: setting(topicKeySetting) };
}

function setting(name: unknown): string {
  const value = process.env[String(name)];
  if (!value) throw new Error(`Event Grid output: the setting '${name}' is missing.`);
  return value;
}
