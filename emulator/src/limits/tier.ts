import type { OperationKind } from '../hub/operationKind';

/** Editions of a hub that have twins. */
const skus = ['F1', 'S1', 'S2', 'S3'] as const;
export type Sku = (typeof skus)[number];

/** What a hub of an edition may do (Azure IoT Hub, "Quotas and throttling"). */
export interface Tier {
  sku: Sku;
  units: number;
  /** Operations per second over any long time; of methods, blocks of 4 KB. */
  rates: Readonly<Record<OperationKind, number>>;
  /** Devices per second that all jobs together may act on. */
  jobsDeviceOpsPerSecond: number;
  /** Jobs that may run or wait for their time at once. */
  maxActiveJobs: number;
  /** Messages that a day has. */
  dailyMessages: number;
  /** Bytes that count as one message. */
  blockBytes: number;
}

type Rates = (units: number) => Tier['rates'] & { jobsDevice: number };

const perMinute = 1 / 60;
const methodBlocks = (kilobytesPerSecond: number) => kilobytesPerSecond / 4;

/** F1 and S1: twins are limited for the whole hub, whatever its units. */
const small: Rates = (units) => ({
  registry: 100 * perMinute * units,
  query: 20 * perMinute * units,
  twinRead: 100,
  twinUpdate: 50,
  job: 100 * perMinute * units,
  jobsDevice: 10,
  method: methodBlocks(160) * units,
  connection: Math.max(100, 12 * units),
  telemetry: Math.max(100, 12 * units),
  messageSend: 100 * perMinute * units,
  messageReceive: 1000 * perMinute * units,
});

const medium: Rates = (units) => ({
  registry: 100 * perMinute * units,
  query: 20 * perMinute * units,
  twinRead: Math.max(100, 10 * units),
  twinUpdate: Math.max(50, 5 * units),
  job: 100 * perMinute * units,
  jobsDevice: Math.max(10, units),
  method: methodBlocks(480) * units,
  connection: 120 * units,
  telemetry: 120 * units,
  messageSend: 100 * perMinute * units,
  messageReceive: 1000 * perMinute * units,
});

const large: Rates = (units) => ({
  registry: 5000 * perMinute * units,
  query: 1000 * perMinute * units,
  twinRead: 500 * units,
  twinUpdate: 250 * units,
  job: 5000 * perMinute * units,
  jobsDevice: 50 * units,
  method: methodBlocks(24 * 1024) * units,
  connection: 6000 * units,
  telemetry: 6000 * units,
  messageSend: 5000 * perMinute * units,
  messageReceive: 50_000 * perMinute * units,
});

interface Edition {
  maxUnits: number;
  rates: Rates;
  maxActiveJobs: number;
  dailyMessagesPerUnit: number;
  blockBytes: number;
}

const editions: Record<Sku, Edition> = {
  F1: { maxUnits: 1, rates: small, maxActiveJobs: 1, dailyMessagesPerUnit: 8000, blockBytes: 512 },
  S1: { maxUnits: 200, rates: small, maxActiveJobs: 1, dailyMessagesPerUnit: 400_000, blockBytes: 4096 },
  S2: { maxUnits: 200, rates: medium, maxActiveJobs: 5, dailyMessagesPerUnit: 6_000_000, blockBytes: 4096 },
  S3: { maxUnits: 10, rates: large, maxActiveJobs: 10, dailyMessagesPerUnit: 300_000_000, blockBytes: 4096 },
};

/** @throws Error where there is no such SKU. */
export function parseSku(text: string): Sku {
  const sku = skus.find((each) => each === text);
  if (!sku) throw new Error(`The SKU of a hub is one of ${skus.join(', ')}, not '${text}'.`);
  return sku;
}

/** @throws Error where the SKU does not come with so many units. */
export function tierOf(sku: Sku, units: number): Tier {
  const { maxUnits, rates, maxActiveJobs, dailyMessagesPerUnit, blockBytes } = editions[parseSku(sku)];
  if (!Number.isInteger(units) || units < 1 || units > maxUnits) {
    throw new Error(
      `A hub of the SKU ${sku} has ${maxUnits === 1 ? '1 unit' : `1 to ${maxUnits} units`}, not ${units}.`,
    );
  }
  const { jobsDevice, ...ofKinds } = rates(units);
  return {
    sku,
    units,
    rates: ofKinds,
    jobsDeviceOpsPerSecond: jobsDevice,
    maxActiveJobs,
    dailyMessages: dailyMessagesPerUnit * units,
    blockBytes,
  };
}
