import type { ServerResponse } from 'node:http';
import { brokenJson, type Disturbance } from '../faults/disturbance';

/** Acts out a fault that was asked for. */
export function disturb({ kind }: Disturbance, response: ServerResponse): void {
  if (kind === 'cut') response.destroy();
  else response.writeHead(200, { 'content-type': 'application/json; charset=utf-8' }).end(brokenJson);
}
