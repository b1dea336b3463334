import type { OperationKind } from './operationKind';

/** Editions of IoT Hub that have device twins. */
export const skus = ['F1', 'S1', 'S2', 'S3'] as const;

export type Sku = (typeof skus)[number];

/** What a hub allows, per second. */
export type Quotas = Readonly<Record<OperationKind | 'jobDevice', number>>;

/**
 * The quotas of a hub (Azure IoT Hub documentation, "Quotas and throttling"). Those of twins and of the devices of a
 * job are for the whole hub where S1 states no number per unit.
 */
export function quotasOf(sku: Sku, units: number): Quotas {
  const perMinute = (calls: number) => (calls * units) / 60;
  switch (sku) {
    case 'F1':
    case 'S1':
    case 'S2': {
      const growing = sku === 'S2' ? units : 0;
      return {
        query: perMinute(20),
        twinRead: Math.max(100, 10 * growing),
        twinWrite: Math.max(50, 5 * growing),
        registry: perMinute(100),
        job: perMinute(100),
        jobDevice: Math.max(10, growing),
      };
    }
    case 'S3':
      return {
        query: perMinute(1000),
        twinRead: 500 * units,
        twinWrite: 250 * units,
        registry: perMinute(5000),
        job: perMinute(5000),
        jobDevice: 50 * units,
      };
  }
}
