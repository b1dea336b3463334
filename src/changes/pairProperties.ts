import { isOfHub } from './hubNotification';

/** A message of the Event Hub. */
export interface Message {
  body: unknown;
  properties: unknown;
  /** Its place in the lists that the host gives beside the bodies. */
  index: number;
}

/**
 * Gives each body of a batch its properties.
 *
 * A host that is not told to keep them drops empty bodies from the batch, but not their properties (Functions host,
 * `ToRpcStringArray`). The hub sends no empty body: where as many bodies are missing as there are properties that are
 * not the hub's, those came without. Where that does not tell, each body gets all properties, so that none is taken for
 * a notification about another device.
 */
export function pairProperties(bodies: readonly unknown[], properties: readonly unknown[]): Message[] {
  const missing = properties.length - bodies.length;
  if (missing <= 0) return bodies.map((body, index) => ({ body, properties: properties[index], index }));
  const isEmpty = properties.map((each) => !isOfHub(each));
  if (isEmpty.filter(Boolean).length !== missing) return bodies.map((body, index) => ({ body, properties, index }));
  const rest = bodies.values();
  return properties.map((each, index) => ({ body: isEmpty[index] ? '' : rest.next().value, properties: each, index }));
}
