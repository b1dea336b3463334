using Azure.Messaging;
using Azure.Messaging.EventGrid;
using Microsoft.Azure.WebJobs;
using Microsoft.Azure.WebJobs.Extensions.EventGrid;
using Microsoft.Azure.WebJobs.Host.Config;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Newtonsoft.Json.Linq;
using Handler = Microsoft.Azure.WebJobs.IAsyncConverter<System.Net.Http.HttpRequestMessage, System.Net.Http.HttpResponseMessage>;

namespace Real;

/// <summary>The real webhook of the Event Grid extension. The Functions host hands requests to it after it has checked their key.</summary>
internal sealed class EventGridWebhook : IAsyncDisposable
{
    private readonly Functions functions = new();
    private readonly IHost host;
    private readonly Handler handler;

    public sealed record Request(string Function, string Method, Dictionary<string, string> Headers, string Body);

    /// <summary>An exception of the webhook is a 500 without a body, of the host.</summary>
    public sealed record Answer(int Status, SortedDictionary<string, string> Headers, string Body, string? Exception, Delivery[] Delivered);

    /// <summary>What a function is called with: the event, and <c>triggerMetadata.data</c>, as they go to the worker.</summary>
    public sealed record Delivery(string Event, string? Data);

    private EventGridWebhook()
    {
        host = WebJobsHost.Build(functions, builder => builder.AddEventGrid());
        handler = host.Services.GetServices<IExtensionConfigProvider>().OfType<Handler>().Single();
    }

    public static async Task<EventGridWebhook> StartAsync()
    {
        var webhook = new EventGridWebhook();
        await webhook.host.StartAsync();
        return webhook;
    }

    public async Task<Answer> CallAsync(Request request)
    {
        var url = $"http://localhost/runtime/webhooks/eventgrid?functionName={request.Function}";
        using var message = new HttpRequestMessage(new HttpMethod(request.Method), url) { Content = new StringContent(request.Body) };
        foreach (var (name, value) in request.Headers) message.Headers.TryAddWithoutValidation(name, value);
        try
        {
            using var response = await handler.ConvertAsync(message, CancellationToken.None);
            var headers = response.Headers.Concat(response.Content.Headers)
                .ToDictionary(header => header.Key.ToLowerInvariant(), header => string.Join(", ", header.Value));
            var body = await response.Content.ReadAsStringAsync();
            return new Answer((int)response.StatusCode, new(headers, StringComparer.Ordinal), body, null, functions.Take());
        }
        catch (Exception exception)
        {
            return new Answer(500, [], "", exception.GetType().Name, functions.Take());
        }
    }

    public async ValueTask DisposeAsync()
    {
        await host.StopAsync();
        host.Dispose();
    }

    public sealed class Functions
    {
        private readonly List<Delivery> delivered = [];

        /// <summary>Bound as the host binds a Node function: to a JObject, the extension's default.</summary>
        [FunctionName("onTwinChange")]
        public void Node([EventGridTrigger] JObject happened, object data) => Keep(happened, data);

        [FunctionName("fails")]
        public void Fails([EventGridTrigger] JObject happened, object data)
        {
            Keep(happened, data);
            throw new InvalidOperationException("The function failed.");
        }

        [FunctionName("ofCloudEvents")]
        public void OfCloudEvents([EventGridTrigger] CloudEvent happened) => Keep(happened.Id, null);

        [FunctionName("ofEventGridEvents")]
        public void OfEventGridEvents([EventGridTrigger] EventGridEvent happened) => Keep(happened.Id, null);

        /// <summary>All events of a request run at the same time, so their order is chance: they come sorted by their text.</summary>
        public Delivery[] Take()
        {
            lock (delivered)
            {
                Delivery[] taken = [.. delivered.OrderBy(delivery => delivery.Event, StringComparer.Ordinal)];
                delivered.Clear();
                return taken;
            }
        }

        private void Keep(object happened, object? data)
        {
            var delivery = new Delivery(HostJson.ToWorker(happened), data is null ? null : HostJson.ToWorker(data));
            lock (delivered) delivered.Add(delivery);
        }
    }
}
