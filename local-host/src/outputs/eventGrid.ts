import type { Binding, TypedData } from '../core/rpc';

/** Longest wait for the topic's answer, in milliseconds. */
const answerMs = 30_000;

/**
 * Publishes what a function leaves to an Event Grid topic: all of it in one request, in the schema of its first event.
 *
 * @throws Error where the settings of the binding are missing, or the topic does not take the events.
 */
export async function sendEvents(binding: Binding, value: TypedData): Promise<void> {
  const parsed: unknown = JSON.parse(value.json ?? value.string ?? 'null');
  const events = [parsed].flat();
  if (events.length === 0 || parsed === null) return;
  const [first] = events;
  const isCloudEvent = typeof first === 'object' && first !== null && 'specversion' in first;
  const { endpoint, key } = readTopic(binding);
  const response = await fetch(endpoint, {
    method: 'POST',
    headers: {
      'content-type': isCloudEvent
        ? 'application/cloudevents-batch+json; charset=utf-8'
        : 'application/json; charset=utf-8',
      'aeg-sas-key': key,
    },
    body: JSON.stringify(events),
    signal: AbortSignal.timeout(answerMs),
  });
  if (!response.ok) throw new Error(`The Event Grid topic answered ${response.status}: ${await response.text()}`);
  await response.body?.cancel();
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
