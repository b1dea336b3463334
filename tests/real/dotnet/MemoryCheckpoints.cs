using Azure.Messaging.EventHubs;
using Azure.Messaging.EventHubs.Consumer;
using Azure.Messaging.EventHubs.Primitives;
using Azure.Messaging.EventHubs.Processor;

namespace Real;

/// <summary>Checkpoints and who owns which partition of one group, in memory.</summary>
internal sealed class MemoryCheckpoints : CheckpointStore
{
    private readonly Dictionary<string, EventProcessorPartitionOwnership> owners = [];
    private readonly Dictionary<string, EventProcessorCheckpoint> checkpoints = [];
    private readonly TaskCompletionSource<Dictionary<string, string[]>> equalShares = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Who owns what, as soon as two own as many partitions each.</summary>
    public Task<Dictionary<string, string[]>> EqualShares => equalShares.Task;

    public override Task<IEnumerable<EventProcessorPartitionOwnership>> ListOwnershipAsync(string host, string hub, string group, CancellationToken cancel)
    {
        lock (owners) return Task.FromResult<IEnumerable<EventProcessorPartitionOwnership>>([.. owners.Values]);
    }

    /// <summary>A claim holds where the partition is as the claimant saw it.</summary>
    public override Task<IEnumerable<EventProcessorPartitionOwnership>> ClaimOwnershipAsync(IEnumerable<EventProcessorPartitionOwnership> desired, CancellationToken cancel)
    {
        lock (owners)
        {
            EventProcessorPartitionOwnership[] claimed = [.. desired.Where(claim => owners.GetValueOrDefault(claim.PartitionId)?.Version == claim.Version)];
            foreach (var claim in claimed)
            {
                claim.Version = Guid.NewGuid().ToString();
                claim.LastModifiedTime = DateTimeOffset.UtcNow;
                owners[claim.PartitionId] = claim;
            }
            TellShares();
            return Task.FromResult<IEnumerable<EventProcessorPartitionOwnership>>(claimed);
        }
    }

    public override Task<EventProcessorCheckpoint?> GetCheckpointAsync(string host, string hub, string group, string partition, CancellationToken cancel)
    {
        lock (owners) return Task.FromResult(checkpoints.GetValueOrDefault(partition));
    }

    public override Task UpdateCheckpointAsync(string host, string hub, string group, string partition, string client, CheckpointPosition position, CancellationToken cancel)
    {
        var checkpoint = new EventProcessorCheckpoint
        {
            FullyQualifiedNamespace = host,
            EventHubName = hub,
            ConsumerGroup = group,
            PartitionId = partition,
            ClientIdentifier = client,
            StartingPosition = EventPosition.FromOffset(position.OffsetString, isInclusive: false),
        };
        lock (owners) checkpoints[partition] = checkpoint;
        return Task.CompletedTask;
    }

    private void TellShares()
    {
        var shares = owners.Values.GroupBy(owner => owner.OwnerIdentifier)
            .ToDictionary(share => share.Key, share => share.Select(owner => owner.PartitionId).Order().ToArray());
        if (shares.Values.ToArray() is [var one, var other] && one.Length == other.Length) equalShares.TrySetResult(shares);
    }
}
