using System.Reflection;
using System.Text;
using Microsoft.Azure.WebJobs;
using Microsoft.Azure.WebJobs.Extensions.EventGrid;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Newtonsoft.Json.Linq;

namespace Real;

/// <summary>The real output binding of the Event Grid extension, fed as the Functions host feeds it.</summary>
internal sealed class EventGridOutput : IAsyncDisposable
{
    private readonly IHost host;

    public EventGridOutput(string endpoint, string key)
    {
        var settings = new Dictionary<string, string?> { ["TOPIC_ENDPOINT"] = endpoint, ["TOPIC_KEY"] = key };
        host = WebJobsHost.Build(new Functions(), builder => builder.AddEventGrid(), settings);
    }

    /// <summary>Publishes what a function returned: the JSON of an object or array, or a text.</summary>
    public async Task PublishAsync(string returned, bool isText)
    {
        var jobs = (JobHost)host.Services.GetRequiredService<IJobHost>();
        var arguments = new Dictionary<string, object> { ["returned"] = returned, ["isText"] = isText };
        await jobs.CallAsync(Functions.Method, arguments);
    }

    public async ValueTask DisposeAsync()
    {
        await host.StopAsync();
        host.Dispose();
    }

    public sealed class Functions
    {
        public static readonly MethodInfo Method = typeof(Functions).GetMethod(nameof(Publish))!;

        /// <summary>
        /// The host binds a collector of bytes, which is what the extension's metadata names as the default for a Node
        /// function (azure-functions-host, src/WebJobs.Script/Binding/FunctionBinding.cs, BindAsyncCollectorAsync).
        /// </summary>
        [NoAutomaticTrigger]
        public async Task Publish(string returned, bool isText, IBinder binder)
        {
            var attribute = new EventGridAttribute { TopicEndpointUri = "TOPIC_ENDPOINT", TopicKeySetting = "TOPIC_KEY" };
            object? value = isText ? returned : HostJson.FromWorker(returned);
            if (value is null) return;
            var collector = await binder.BindAsync<IAsyncCollector<byte[]>>(attribute);
            foreach (var each in Each(value)) await collector.AddAsync(Encoding.UTF8.GetBytes(each.ToString()!));
        }

        /// <summary>The elements of what was returned; a text that looks like JSON is read, with dates (<c>ReadAsEnumerable</c>).</summary>
        private static IEnumerable<object> Each(object value) => value switch
        {
            JArray array => array,
            string text when LooksLikeJson(text.Trim()) => JToken.Parse(text) is var token && token is JArray array ? array : [token],
            _ => [value],
        };

        private static bool LooksLikeJson(string text) =>
            (text.StartsWith('{') && text.EndsWith('}')) || (text.StartsWith('[') && text.EndsWith(']'));
    }
}
