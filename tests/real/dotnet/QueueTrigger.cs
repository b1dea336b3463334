using Microsoft.Azure.WebJobs;
using Microsoft.Azure.WebJobs.Host;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Real;

/// <summary>
/// The real queue extension: it takes what comes to a queue and what is put aside from it, and puts what it is given into
/// a queue <c>NAME-out</c>. A message that holds <c>fail</c> makes its function fail.
/// </summary>
internal static class QueueTrigger
{
    public static async Task RunAsync(string connection, string name)
    {
        var settings = new Dictionary<string, string?>
        {
            ["Queues"] = connection,
            ["Queue"] = name,
            // As the host reads host.json; a message is visible again at once, so that its tries take no minutes.
            ["AzureWebJobs:Extensions:Queues:VisibilityTimeout"] = "00:00:00",
            ["AzureWebJobs:Extensions:Queues:MaxPollingInterval"] = "00:00:00.100",
        };
        using var host = WebJobsHost.Build(new Functions(), builder => builder.AddAzureStorageQueues(), settings);
        await host.StartAsync();
        Lines.Write(new { Event = "listening" });
        var jobs = (JobHost)host.Services.GetRequiredService<IJobHost>();
        await foreach (var text in Lines.Read<string>())
        {
            await jobs.CallAsync(typeof(Functions).GetMethod(nameof(Functions.Put))!, new Dictionary<string, object> { ["text"] = text });
            Lines.Write(new { Event = "put" });
        }
        await host.StopAsync();
    }

    public sealed class Functions
    {
        public void Take([QueueTrigger("%Queue%", Connection = "Queues")] string message, long dequeueCount)
        {
            Lines.Write(new { Event = "taken", Message = message, DequeueCount = dequeueCount });
            if (message.Contains("fail")) throw new InvalidOperationException("The function failed.");
        }

        public void Poison([QueueTrigger("%Queue%-poison", Connection = "Queues")] string message) =>
            Lines.Write(new { Event = "put aside", Message = message });

        [NoAutomaticTrigger]
        public void Put(string text, [Queue("%Queue%-out", Connection = "Queues")] out string message) => message = text;
    }
}
