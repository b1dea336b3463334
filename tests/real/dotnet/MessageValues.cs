using System.Globalization;
using Azure.Core.Amqp;
using Azure.Messaging.EventHubs;

namespace Real;

/// <summary>
/// Values of message properties. The Event Hubs extension, which is on no registry, hands the client's properties to the
/// host as they are, one dictionary a message (azure-sdk-for-net, Microsoft.Azure.WebJobs.Extensions.EventHubs,
/// src/Triggers/EventHubTriggerBindingStrategy.cs).
/// </summary>
internal static class MessageValues
{
    public static object? Parse(string type, string text) => type switch
    {
        "null" => null,
        "string" => text,
        "bool" => bool.Parse(text),
        "byte" => byte.Parse(text, CultureInfo.InvariantCulture),
        "sbyte" => sbyte.Parse(text, CultureInfo.InvariantCulture),
        "short" => short.Parse(text, CultureInfo.InvariantCulture),
        "ushort" => ushort.Parse(text, CultureInfo.InvariantCulture),
        "int" => int.Parse(text, CultureInfo.InvariantCulture),
        "uint" => uint.Parse(text, CultureInfo.InvariantCulture),
        "long" => long.Parse(text, CultureInfo.InvariantCulture),
        "ulong" => ulong.Parse(text, CultureInfo.InvariantCulture),
        "float" => float.Parse(text, CultureInfo.InvariantCulture),
        "double" => double.Parse(text, CultureInfo.InvariantCulture),
        "decimal" => decimal.Parse(text, CultureInfo.InvariantCulture),
        "char" => char.Parse(text),
        "Guid" => Guid.Parse(text),
        "DateTime" => DateTime.Parse(text, CultureInfo.InvariantCulture, DateTimeStyles.RoundtripKind),
        "DateTimeOffset" => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture),
        "TimeSpan" => TimeSpan.Parse(text, CultureInfo.InvariantCulture),
        "Uri" => new Uri(text),
        "byte[]" => Convert.FromBase64String(text),
        "ArraySegment<byte>" => new ArraySegment<byte>(Convert.FromBase64String(text)),
        "ReadOnlyMemory<byte>" => new ReadOnlyMemory<byte>(Convert.FromBase64String(text)),
        "AmqpMessageId" => new AmqpMessageId(text),
        "AmqpAddress" => new AmqpAddress(text),
        "string[]" => text.Split(','),
        _ => throw new ArgumentException($"No such type of property: {type}"),
    };

    /// <summary>What the worker gets as the one element of <c>propertiesArray</c>.</summary>
    public static string ToWorker(object? value) => HostJson.ToWorker(new IDictionary<string, object?>[] { new Dictionary<string, object?> { ["value"] = value } });

    /// <summary>The system properties of a message that has all of AMQP's, with the type that the client gives each.</summary>
    public static IEnumerable<(string Name, string Type, string Json)> SystemProperties()
    {
        var message = new AmqpAnnotatedMessage(AmqpMessageBody.FromData([ReadOnlyMemory<byte>.Empty]));
        var time = new DateTimeOffset(2026, 11, 28, 21, 32, 16, TimeSpan.Zero);
        var properties = message.Properties;
        properties.MessageId = new AmqpMessageId("message");
        properties.UserId = new ReadOnlyMemory<byte>([104, 117, 98]);
        properties.To = new AmqpAddress("/devices/d1/messages/events");
        properties.Subject = "subject";
        properties.ReplyTo = new AmqpAddress("reply");
        properties.CorrelationId = new AmqpMessageId("correlation");
        properties.ContentType = "application/json";
        properties.ContentEncoding = "utf-8";
        properties.AbsoluteExpiryTime = time;
        properties.CreationTime = time;
        properties.GroupId = "group";
        properties.GroupSequence = 1;
        properties.ReplyToGroupId = "group";
        message.MessageAnnotations["iothub-enqueuedtime"] = time.UtcDateTime;
        message.MessageAnnotations["iothub-connection-device-id"] = "d1";
        return new EventData(message).SystemProperties
            .OrderBy(property => property.Key, StringComparer.Ordinal)
            .Select(property => (property.Key, property.Value?.GetType().Name ?? "null", ToWorker(property.Value)));
    }
}
