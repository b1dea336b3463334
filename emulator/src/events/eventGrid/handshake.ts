import { randomUUID } from 'node:crypto';
import * as z from 'zod/mini';
import { type SchemaName, schemas } from './schemas';

/** How long the service waits for the answer to a handshake. */
const answerMs = 30_000;

const gridAnswer = z.object({ validationResponse: z.string() });

/** Whom to ask, on behalf of which topic. */
export interface Handshake {
  url: string;
  schema: SchemaName;
  topic: string;
  subscription: string;
  signal: AbortSignal;
}

/**
 * Asks an endpoint whether it wants events (Azure Event Grid, "Endpoint validation"; CloudEvents, "HTTP 1.1 Web Hooks for
 * Event Delivery"). A redirect is no consent: events are not sent after one either. Confirmation by its `validationUrl`
 * alone is not served.
 *
 * @throws Error that says what came instead of consent.
 */
export async function shakeHands(handshake: Handshake): Promise<void> {
  await (handshake.schema === 'EventGridSchema' ? askByEvent(handshake) : askByOptions(handshake));
}

async function askByOptions({ url, signal }: Handshake): Promise<void> {
  const response = await fetch(url, {
    method: 'OPTIONS',
    redirect: 'manual',
    headers: { 'webhook-request-origin': 'eventgrid.azure.net', 'webhook-request-rate': '120' },
    signal: AbortSignal.any([signal, AbortSignal.timeout(answerMs)]),
  });
  await response.body?.cancel();
  const origin = response.headers.get('webhook-allowed-origin');
  if (response.ok && (origin === '*' || origin === 'eventgrid.azure.net')) return;
  throw new Error(`${response.status}, WebHook-Allowed-Origin: ${origin ?? 'none'}`);
}

async function askByEvent({ url, topic, subscription, signal }: Handshake): Promise<void> {
  const validationCode = randomUUID();
  const event = {
    id: randomUUID(),
    topic,
    subject: '',
    eventType: 'Microsoft.EventGrid.SubscriptionValidationEvent',
    eventTime: new Date().toISOString(),
    data: { validationCode },
    dataVersion: '2',
    metadataVersion: '1',
  };
  const response = await fetch(url, {
    method: 'POST',
    redirect: 'manual',
    headers: {
      'content-type': schemas.EventGridSchema.single,
      'aeg-event-type': 'SubscriptionValidation',
      'aeg-subscription-name': subscription.toUpperCase(),
    },
    body: JSON.stringify([event]),
    signal: AbortSignal.any([signal, AbortSignal.timeout(answerMs)]),
  });
  const { data } = gridAnswer.safeParse(await response.json().catch(() => undefined));
  if (response.status === 200 && data?.validationResponse === validationCode) return;
  throw new Error(`${response.status}, ${data ? 'another validationResponse' : 'no validationResponse'}`);
}
