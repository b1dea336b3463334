import type { Checkpoint, CheckpointStore, PartitionOwnership } from '@azure/event-hubs';
import type { StateFile } from '../stateFile';

/**
 * Where the readers of this host stand. Checkpoints are kept; ownership is not, since a local host is alone.
 */
export class Checkpoints implements CheckpointStore {
  readonly #owned = new Map<string, PartitionOwnership>();

  constructor(private readonly kept: StateFile<Checkpoint>) {}

  async listOwnership(namespace: string, eventHub: string, group: string): Promise<PartitionOwnership[]> {
    return [...this.#owned.values()].filter((each) => isOf(each, namespace, eventHub, group));
  }

  async claimOwnership(claims: PartitionOwnership[]): Promise<PartitionOwnership[]> {
    const claimed = claims.map((claim) => ({ ...claim, etag: '*', lastModifiedTimeInMs: Date.now() }));
    for (const claim of claimed) this.#owned.set(placeOf(claim), claim);
    return claimed;
  }

  /** Soon: events that a killed host has worked may come again, as they may in Azure. */
  async updateCheckpoint(checkpoint: Checkpoint): Promise<void> {
    this.kept.setSoon(placeOf(checkpoint), checkpoint);
  }

  async listCheckpoints(namespace: string, eventHub: string, group: string): Promise<Checkpoint[]> {
    return this.kept.values().filter((each) => isOf(each, namespace, eventHub, group));
  }
}

type Place = Pick<Checkpoint, 'fullyQualifiedNamespace' | 'eventHubName' | 'consumerGroup' | 'partitionId'>;

function placeOf({ fullyQualifiedNamespace, eventHubName, consumerGroup, partitionId }: Place): string {
  return [fullyQualifiedNamespace, eventHubName, consumerGroup, partitionId].join('/');
}

function isOf(place: Place, namespace: string, eventHub: string, group: string): boolean {
  const { fullyQualifiedNamespace, eventHubName, consumerGroup } = place;
  return fullyQualifiedNamespace === namespace && eventHubName === eventHub && consumerGroup === group;
}
