using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Real;

/// <summary>A topic that takes everything, and keeps what came.</summary>
internal sealed class TopicStub : IAsyncDisposable
{
    private readonly WebApplication app;
    private readonly List<Request> requests = [];

    public sealed record Request(string Target, SortedDictionary<string, string> Headers, string Body);

    private TopicStub()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        app = builder.Build();
        app.Urls.Add("http://127.0.0.1:0");
        app.Run(async context =>
        {
            using var body = new StreamReader(context.Request.Body);
            var headers = context.Request.Headers.ToDictionary(header => header.Key.ToLowerInvariant(), header => header.Value.ToString());
            var target = context.Request.Path + context.Request.QueryString;
            requests.Add(new Request(target, new(headers, StringComparer.Ordinal), await body.ReadToEndAsync()));
        });
    }

    public static async Task<TopicStub> StartAsync()
    {
        var stub = new TopicStub();
        await stub.app.StartAsync();
        return stub;
    }

    public string Endpoint => $"{app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single()}/api/events";

    /// <summary>What came since it was last asked.</summary>
    public Request[] Take()
    {
        Request[] taken = [.. requests];
        requests.Clear();
        return taken;
    }

    public ValueTask DisposeAsync() => app.DisposeAsync();
}
