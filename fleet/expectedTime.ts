/** Editions of IoT Hub that have device twins. */
export const skus = ['F1', 'S1', 'S2', 'S3'] as const;

/** The hub whose quota bounds the work. */
export interface HubSize {
  sku: (typeof skus)[number];
  units: number;
}

const twinsOfPage = 100;

/**
 * Seconds that a hub takes to hand out twins by query, where nothing else asks it (Azure IoT Hub documentation, "Quotas
 * and throttling": 20 queries a minute and unit, 1,000 at S3).
 */
export function secondsToList(devices: number, { sku, units }: HubSize): number {
  const perMinute = (sku === 'S3' ? 1000 : 20) * units;
  return (Math.ceil(devices / twinsOfPage) * 60) / perMinute;
}

/** Seconds that a hub takes for updates of twins (same source: 50 a second; S2 5 a unit where more; S3 250 a unit). */
export function secondsToTag(devices: number, { sku, units }: HubSize): number {
  return devices / (sku === 'S3' ? 250 * units : Math.max(50, sku === 'S2' ? 5 * units : 0));
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
