using Azure.Messaging.EventHubs;
using Azure.Messaging.EventHubs.Consumer;
using Azure.Messaging.EventHubs.Producer;

namespace Real;

/// <summary>The real clients of Event Hubs.</summary>
internal static class EventHubClients
{
    public sealed record Value(string Type, string Text);

    public sealed record Event(string Body, string? PartitionKey, bool IsBuffered, Dictionary<string, Value>? Properties);

    /// <summary>Sends each event of the input by a producer, or by a buffered one.</summary>
    public static async Task SendAsync(string connection, string hub)
    {
        await using var producer = new EventHubProducerClient(connection, hub);
        await using var buffered = new EventHubBufferedProducerClient(connection, hub);
        buffered.SendEventBatchFailedAsync += failed => throw failed.Exception;
        await foreach (var (body, partitionKey, isBuffered, properties) in Lines.Read<Event>())
        {
            var data = new EventData(body);
            foreach (var (name, value) in properties ?? []) data.Properties[name] = MessageValues.Parse(value.Type, value.Text);
            if (isBuffered) await buffered.EnqueueEventAsync(data, new EnqueueEventOptions { PartitionKey = partitionKey });
            else await producer.SendAsync([data], new SendEventOptions { PartitionKey = partitionKey });
        }
        await buffered.FlushAsync();
        Lines.Write(new { Partitions = await producer.GetPartitionIdsAsync() });
    }

    /// <summary>Reads from the beginning until so many events came; writes a line for each partition that had some.</summary>
    public static async Task ReadAsync(string connection, string hub, string group, int count)
    {
        await using var consumer = new EventHubConsumerClient(group, connection, hub);
        var partitions = new SortedDictionary<string, List<EventData>>(StringComparer.Ordinal);
        await foreach (var (partition, data) in Received(consumer).Take(count))
        {
            if (!partitions.TryGetValue(partition, out var events)) partitions[partition] = events = [];
            events.Add(data);
        }
        foreach (var (partition, events) in partitions)
        {
            var properties = await consumer.GetPartitionPropertiesAsync(partition);
            Lines.Write(new
            {
                Partition = partition,
                Last = properties.LastEnqueuedSequenceNumber,
                Bodies = events.Select(data => data.EventBody.ToString()),
                Metadata = TriggerMetadata(events),
            });
        }
    }

    private static async IAsyncEnumerable<(string Partition, EventData Data)> Received(EventHubConsumerClient consumer)
    {
        await foreach (var read in consumer.ReadEventsAsync()) yield return (read.Partition.PartitionId, read.Data);
    }

    /// <summary>
    /// The metadata of a batch, each as the JSON that goes to the worker, by the names that its library makes of them. Modelled: the Event Hubs extension is on no
    /// registry (azure-sdk-for-net, Microsoft.Azure.WebJobs.Extensions.EventHubs, src/Triggers/EventHubTriggerBindingStrategy.cs).
    /// </summary>
    private static Dictionary<string, string> TriggerMetadata(List<EventData> events) => new()
    {
        ["partitionKeyArray"] = HostJson.ToWorker(events.Select(data => data.PartitionKey).ToArray()),
        ["offsetArray"] = HostJson.ToWorker(events.Select(data => data.OffsetString).ToArray()),
        ["sequenceNumberArray"] = HostJson.ToWorker(events.Select(data => data.SequenceNumber).ToArray()),
        ["enqueuedTimeUtcArray"] = HostJson.ToWorker(events.Select(data => data.EnqueuedTime.DateTime).ToArray()),
        ["propertiesArray"] = HostJson.ToWorker(events.Select(data => data.Properties).ToArray()),
        ["systemPropertiesArray"] = HostJson.ToWorker(events.Select(data => data.SystemProperties).ToArray()),
    };
}
