using System.Globalization;
using System.Reflection;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Newtonsoft.Json.Linq;

namespace Real;

/// <summary>What the real packages make of a file of inputs.</summary>
internal static class VectorFile
{
    private static readonly string[] Zones = ["UTC", "America/New_York"];

    private static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        NewLine = "\n",
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>
    /// <c>Dates</c> are strings, which stand alone in a JSON text; <c>Texts</c> are whole texts. The rest are by name.
    /// </summary>
    private sealed record Inputs(
        string[] Dates,
        string[] Texts,
        Dictionary<string, Returned> EventGridOutput,
        Dictionary<string, EventGridWebhook.Request> EventGridTrigger,
        PropertyValue[] MessageProperties);

    private sealed record Returned(string Value, bool IsText);

    private sealed record PropertyValue(string Type, string Value);

    public static async Task MakeAsync(string inputsPath, string vectorsPath)
    {
        var inputs = JsonSerializer.Deserialize<Inputs>(await File.ReadAllTextAsync(inputsPath), Options)!;
        var texts = inputs.Dates.Select(date => $"\"{date}\"").Concat(inputs.Texts);
        var vectors = new
        {
            MadeWith = Versions(),
            Newtonsoft = texts.Select(Read).ToArray(),
            EventGridOutput = await PublishAsync(inputs.EventGridOutput),
            EventGridTrigger = await CallAsync(inputs.EventGridTrigger),
            MessageProperties = inputs.MessageProperties
                .Select(input => new { input.Type, input.Value, Written = MessageValues.ToWorker(MessageValues.Parse(input.Type, input.Value)) })
                .ToArray(),
            SystemProperties = MessageValues.SystemProperties().Select(each => new { each.Name, each.Type, Written = each.Json }).ToArray(),
        };
        await File.WriteAllTextAsync(vectorsPath, JsonSerializer.Serialize(vectors, Options) + "\n");
    }

    private static Dictionary<string, string> Versions() => new[]
    {
        typeof(Azure.Messaging.EventHubs.EventData),
        typeof(Azure.Messaging.EventGrid.EventGridEvent),
        typeof(Azure.Messaging.CloudEvent),
        typeof(Microsoft.Azure.WebJobs.JobHost),
        typeof(Microsoft.Azure.WebJobs.Extensions.EventGrid.EventGridAttribute),
        typeof(JToken),
    }.Select(type => type.Assembly).ToDictionary(assembly => assembly.GetName().Name!, Version);

    private static string Version(Assembly assembly) =>
        assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0];

    /// <summary>
    /// Parsed as an extension does and written for the worker, in each zone; and returned by a worker, then written for
    /// an output. An error is told by its type.
    /// </summary>
    private static JsonObject Read(string text)
    {
        var vector = new JsonObject { ["text"] = text };
        foreach (var zone in Zones)
        {
            Zone.Use(zone);
            vector[zone] = Try(() => HostJson.ToWorker(JToken.Parse(text)));
        }
        vector["returned"] = Try(() => HostJson.FromWorker(text) is { } value ? HostJson.ToWorker(value) : "null");
        return vector;
    }

    private static JsonNode Try(Func<string> write)
    {
        try
        {
            return write();
        }
        catch (Exception exception)
        {
            return new JsonObject { ["error"] = exception.GetType().Name };
        }
    }

    private static async Task<Dictionary<string, object>> PublishAsync(Dictionary<string, Returned> inputs)
    {
        Zone.Use("UTC");
        await using var topic = await TopicStub.StartAsync();
        await using var output = new EventGridOutput(topic.Endpoint, "key");
        var vectors = new Dictionary<string, object>();
        foreach (var (name, returned) in inputs)
        {
            string? error = null;
            try
            {
                await output.PublishAsync(returned.Value, returned.IsText);
            }
            catch (Exception exception)
            {
                error = exception.GetBaseException().GetType().Name;
            }
            vectors[name] = new { Returned = returned.Value, returned.IsText, Error = error, Published = topic.Take().Select(WithoutChance).ToArray() };
        }
        return vectors;
    }

    /// <summary>What differs from run to run is starred: some headers, and the time that an event without one is given.</summary>
    private static TopicStub.Request WithoutChance(TopicStub.Request request)
    {
        foreach (var name in new[] { "content-length", "host", "user-agent", "x-ms-client-request-id", "traceparent" })
        {
            if (request.Headers.ContainsKey(name)) request.Headers[name] = "*";
        }
        var body = Regex.Replace(request.Body, "\"time\":\"([^\"]+)\"", time => IsNow(time.Groups[1].Value) ? "\"time\":\"*\"" : time.Value);
        return request with { Body = body };
    }

    private static bool IsNow(string time) =>
        DateTimeOffset.TryParse(time, CultureInfo.InvariantCulture, out var at) && (DateTimeOffset.UtcNow - at).Duration() < TimeSpan.FromMinutes(1);

    private static async Task<Dictionary<string, object>> CallAsync(Dictionary<string, EventGridWebhook.Request> inputs)
    {
        var vectors = new Dictionary<string, object>();
        await using var webhook = await EventGridWebhook.StartAsync();
        foreach (var (name, request) in inputs)
        {
            var answers = new Dictionary<string, object>();
            foreach (var zone in Zones)
            {
                Zone.Use(zone);
                answers[zone] = await webhook.CallAsync(request);
            }
            vectors[name] = new { Request = request, Answers = answers };
        }
        return vectors;
    }
}
