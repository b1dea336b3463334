/** A fault that a door must act out itself: to end the connection, or to break the answer that the request would get. */
export class Disturbance extends Error {
  override readonly name = 'Disturbance';

  constructor(readonly kind: 'cut' | 'malformed') {
    super(kind === 'cut' ? 'the connection was cut on request' : 'the answer was broken on request');
  }
}

/** Text that no JSON parser takes. */
export const brokenJson = '{"broken":';
