using Microsoft.Azure.Amqp;
using Microsoft.Azure.Amqp.Framing;
using Microsoft.Azure.Amqp.Transport;

namespace Real;

/// <summary>
/// A connection to a hub and its links, by the library on which .NET's clients of IoT Hub stand, and opened as they do
/// (azure-iot-sdk-csharp, iothub/device/src/Transport/AmqpIot). Those clients themselves are on no registry.
/// </summary>
internal sealed class HubLinks(AmqpConnection connection, AmqpSession session) : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    /// <summary>Connects, and proves by a token who it is.</summary>
    public static async Task<HubLinks> OpenAsync(int port, string token, string audience)
    {
        var settings = new AmqpSettings();
        settings.TransportProviders.Add(new AmqpTransportProvider { Versions = { new AmqpVersion(1, 0, 0) } });
        var tls = new TlsTransportSettings(new TcpTransportSettings { Host = "localhost", Port = port }) { TargetHost = "localhost" };
        var transport = await new AmqpTransportInitiator(settings, tls).ConnectAsync(default);
        var connection = new AmqpConnection(transport, settings, new AmqpConnectionSettings
        {
            ContainerId = Guid.NewGuid().ToString(),
            HostName = "localhost",
            MaxFrameSize = 64 * 1024,
        });
        await connection.OpenAsync(Patience);
        var address = new Uri($"amqps://localhost:{port}/");
        await new AmqpCbsLink(connection).SendTokenAsync(new Token(token), address, audience, audience, [], Patience);
        var session = connection.CreateSession(new AmqpSessionSettings());
        await session.OpenAsync(Patience);
        return new HubLinks(connection, session);
    }

    /// <summary>Opens a link to send on; settled with the sending where it is one of a channel.</summary>
    public async Task<SendingAmqpLink> OpenSenderAsync(string address, string? channel = null)
    {
        var settings = Settings(isReceiver: false, channel);
        settings.Target = new Target { Address = address };
        settings.Source = new Source { Address = "client" };
        settings.InitialDeliveryCount = 0;
        var link = new SendingAmqpLink(session, settings);
        await link.OpenAsync(Patience);
        return link;
    }

    /// <summary>Opens a link to receive on; settled by both sides where it is of no channel.</summary>
    public async Task<ReceivingAmqpLink> OpenReceiverAsync(string address, string? channel = null)
    {
        var settings = Settings(isReceiver: true, channel);
        settings.Source = new Source { Address = address };
        settings.Target = new Target { Address = "client" };
        settings.TotalLinkCredit = 50;
        settings.AutoSendFlow = true;
        if (channel == null) settings.RcvSettleMode = (byte)ReceiverSettleMode.Second;
        var link = new ReceivingAmqpLink(session, settings);
        await link.OpenAsync(Patience);
        return link;
    }

    /// <summary>Sends a message; tells the condition by which it was refused, or what became of it.</summary>
    public static async Task<string> SendAsync(SendingAmqpLink link, AmqpMessage message)
    {
        var outcome = await link.SendMessageAsync(message, new(Guid.NewGuid().ToByteArray()), default, Patience);
        return outcome is Rejected { Error: { } error } ? error.Condition.Value : outcome.DescriptorName.Value;
    }

    /// <summary>Receives a message; there must come one.</summary>
    public static async Task<AmqpMessage> ReceiveAsync(ReceivingAmqpLink link) =>
        await link.ReceiveMessageAsync(Patience) ?? throw new TimeoutException($"Nothing came from {link.Name}.");

    /// <summary>Settles a message; tells what the hub says of that.</summary>
    public static async Task<string> SettleAsync(ReceivingAmqpLink link, AmqpMessage message, Outcome outcome)
    {
        var settled = await link.DisposeMessageAsync(message.DeliveryTag, outcome, batchable: false, Patience);
        return settled.DescriptorName.Value;
    }

    public async ValueTask DisposeAsync() => await connection.CloseAsync(Patience);

    private static AmqpLinkSettings Settings(bool isReceiver, string? channel)
    {
        var settings = new AmqpLinkSettings { LinkName = Guid.NewGuid().ToString(), Role = isReceiver };
        settings.AddProperty("com.microsoft:api-version", "2021-04-12");
        if (channel == null) return settings;
        settings.SndSettleMode = (byte)SenderSettleMode.Settled;
        settings.AddProperty("com.microsoft:channel-correlation-id", channel);
        return settings;
    }

    private sealed class Token(string value) : ICbsTokenProvider
    {
        public Task<CbsToken> GetTokenAsync(Uri namespaceAddress, string appliesTo, string[] requiredClaims) =>
            Task.FromResult(new CbsToken(value, "azure-devices.net:sastoken", DateTime.UtcNow.AddHours(1)));
    }
}
