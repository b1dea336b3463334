import { maxPageSize } from '../azure/hub/hub';
import type { Quotas } from '../azure/hub/quotas';
import type { Engine } from './tagJob';

/** Seconds of updates that a request may hold, of the fifteen that it may take. */
const directSeconds = 10;

/** Most devices that a request tags itself unless told to, whatever the hub allows: all of them are in its answer. */
const mostUnasked = 2000;

/** How many devices a request tags itself unless told otherwise. */
export function directLimit(quotas: Quotas): number {
  return Math.min(mostUnasked, Math.floor(quotas.twinWrite * directSeconds));
}

/** When the devices of a condition are listed: before the first of them is tagged, or while they are. */
export type Listing = 'none' | 'before' | 'meanwhile';

/** How long a job takes at the hub's quota, where nothing else uses it. */
export function expectedSeconds(engine: Engine, devices: number, listing: Listing, quotas: Quotas): number {
  if (engine === 'hubJob') return Math.ceil(devices / quotas.jobDevice);
  const listed = listing === 'none' ? 0 : Math.ceil(devices / maxPageSize) / quotas.query;
  const tagged = devices / quotas.twinWrite;
  return Math.ceil(listing === 'meanwhile' ? Math.max(listed, tagged) : listed + tagged);
}
