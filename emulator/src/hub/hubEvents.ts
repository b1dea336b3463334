import { EventEmitter } from 'node:events';
import type { HubEventMap } from './types';

/** What happens in a hub, as its doors and routes hear of it. */
export class HubEvents extends EventEmitter<HubEventMap> {}
