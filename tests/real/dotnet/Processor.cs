using Azure.Messaging.EventHubs;
using Azure.Messaging.EventHubs.Consumer;
using Azure.Messaging.EventHubs.Primitives;
using Azure.Messaging.EventHubs.Processor;

namespace Real;

/// <summary>The real processor of Event Hubs: it writes a line for each event, after its checkpoint.</summary>
internal sealed class Processor(string name, CheckpointStore store, string group, string connection, string hub)
    : PluggableCheckpointStoreEventProcessor<EventProcessorPartition>(store, 100, group, connection, hub, Options(name))
{
    private static EventProcessorOptions Options(string name) => new()
    {
        Identifier = name,
        DefaultStartingPosition = EventPosition.Earliest,
        LoadBalancingStrategy = LoadBalancingStrategy.Greedy,
        LoadBalancingUpdateInterval = TimeSpan.FromMilliseconds(500),
        PartitionOwnershipExpirationInterval = TimeSpan.FromSeconds(10),
    };

    protected override async Task OnProcessingEventBatchAsync(IEnumerable<EventData> events, EventProcessorPartition partition, CancellationToken cancel)
    {
        foreach (var data in events)
        {
            await UpdateCheckpointAsync(partition.PartitionId, CheckpointPosition.FromEvent(data), cancel);
            Lines.Write(new { Event = "processed", By = name, Partition = partition.PartitionId, Body = data.EventBody.ToString() });
        }
    }

    /// <summary>A partition that another processor takes ends with an error, which is no fault.</summary>
    protected override Task OnProcessingErrorAsync(Exception exception, EventProcessorPartition? partition, string operation, CancellationToken cancel)
    {
        var isTaken = exception is EventHubsException { Reason: EventHubsException.FailureReason.ConsumerDisconnected };
        if (!isTaken) Lines.Write(new { Event = "error", By = name, Operation = operation, exception.Message });
        return Task.CompletedTask;
    }
}
