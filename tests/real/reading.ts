import { runReal } from './realProcess';

/** What the real client read of a partition, as the trigger would hand it to the worker: each metadata a JSON text. */
export interface ReadPartition {
  partition: string;
  /** The sequence number of the last event in it. */
  last: number;
  bodies: string[];
  metadata: Record<string, string>;
}

/** Reads an Event Hub from its beginning, until so many events came. */
export function readReal(connectionString: string, hub: string, count: number): Promise<ReadPartition[]> {
  return runReal<ReadPartition>(['read', connectionString, hub, 'relay', `${count}`]);
}
