import { quotasOf, type Sku } from '../src/azure/hub/quotas';

/** The hub whose quota bounds the work. */
export interface HubSize {
  sku: Sku;
  units: number;
}

const twinsOfPage = 100;

/** Seconds that a hub takes to hand out twins by query, where nothing else asks it. */
export function secondsToList(devices: number, { sku, units }: HubSize): number {
  return Math.ceil(devices / twinsOfPage) / quotasOf(sku, units).query;
}

/** Seconds that a hub takes for updates of twins, likewise. */
export function secondsToTag(devices: number, { sku, units }: HubSize): number {
  return devices / quotasOf(sku, units).twinWrite;
}

/** `8 h 20 min`, `3 min 5 s`, `12 s`: two units at most. */
export function formatDuration(seconds: number): string {
  const whole = Math.ceil(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min${whole % 60 ? ` ${whole % 60} s` : ''}`;
  const minutes = Math.ceil(whole / 60);
  return `${Math.floor(minutes / 60)} h${minutes % 60 ? ` ${minutes % 60} min` : ''}`;
}

/** The hub in words. */
export function describeHub({ sku, units }: HubSize): string {
  return `${sku} with ${units} unit${units === 1 ? '' : 's'}`;
}
