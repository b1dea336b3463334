using System.Text;
using Microsoft.Azure.Amqp;
using Microsoft.Azure.Amqp.Framing;

namespace Real;

/// <summary>A device, a service, and all that they can do over AMQP; a line for each thing that was seen.</summary>
internal sealed class HubStory(HubLinks device, HubLinks service, string path)
{
    public static async Task RunAsync(int port, string deviceId, string deviceToken, string serviceToken)
    {
        await using var device = await HubLinks.OpenAsync(port, deviceToken, $"localhost/devices/{deviceId}");
        await using var service = await HubLinks.OpenAsync(port, serviceToken, $"amqps://localhost:{port}/");
        var story = new HubStory(device, service, $"amqps://localhost:{port}/devices/{deviceId}");
        await story.SendEventsAsync();
        await story.UseTwinAsync();
        await story.AnswerMethodAsync();
        await story.ReceiveMessagesAsync($"/devices/{deviceId}/messages/deviceBound");
        await story.BeRefusedAsync();
        await story.BeRedirectedAsync();
    }

    private async Task SendEventsAsync()
    {
        var link = await device.OpenSenderAsync($"{path}/messages/events");
        var single = Text("single");
        single.ApplicationProperties.Map["level"] = "1";
        single.Properties.ContentType = "text/plain";
        var batch = AmqpMessage.Create(new[] { "first", "second" }.Select(text => new Data { Value = Encode(Text(text)) }));
        batch.MessageFormat = AmqpConstants.AmqpBatchedMessageFormat;
        Lines.Write(new { Events = new[] { await HubLinks.SendAsync(link, single), await HubLinks.SendAsync(link, batch) } });
    }

    private async Task UseTwinAsync()
    {
        const string desired = "/notifications/twin/properties/desired";
        var channel = $"twin:{Guid.NewGuid()}";
        var answers = await device.OpenReceiverAsync($"{path}/twin", channel);
        var requests = await device.OpenSenderAsync($"{path}/twin", channel);
        foreach (var (operation, resource, body) in new[]
        {
            ("PUT", desired, " "), ("PATCH", "/properties/reported", """{"by":"Microsoft.Azure.Amqp"}"""), ("GET", null, " "),
        })
        {
            var request = Text(body);
            request.Properties.CorrelationId = operation;
            request.MessageAnnotations.Map["operation"] = operation;
            if (resource != null) request.MessageAnnotations.Map["resource"] = resource;
            await HubLinks.SendAsync(requests, request);
            var answer = await HubLinks.ReceiveAsync(answers);
            Lines.Write(new
            {
                Twin = answer.Properties.CorrelationId?.ToString(),
                Status = answer.MessageAnnotations.Map["status"],
                Body = TextOf(answer),
            });
        }
        Lines.Write(new { Listening = "desired" });
        var patch = await HubLinks.ReceiveAsync(answers);
        Lines.Write(new { Desired = TextOf(patch), IsAnswer = patch.Properties.CorrelationId != null });
    }

    private async Task AnswerMethodAsync()
    {
        var channel = $"methods:{Guid.NewGuid()}";
        var calls = await device.OpenReceiverAsync($"{path}/methods/deviceBound", channel);
        var answers = await device.OpenSenderAsync($"{path}/methods/deviceBound", channel);
        Lines.Write(new { Listening = "methods" });
        var call = await HubLinks.ReceiveAsync(calls);
        var answer = Text("""{"done":true}""");
        answer.Properties.CorrelationId = new Guid(call.Properties.CorrelationId.ToString()!);
        answer.ApplicationProperties.Map["IoThub-status"] = 207;
        await HubLinks.SendAsync(answers, answer);
        Lines.Write(new { Called = call.ApplicationProperties.Map["IoThub-methodname"]?.ToString(), Body = TextOf(call) });
    }

    private async Task ReceiveMessagesAsync(string to)
    {
        var sender = await service.OpenSenderAsync("/messages/devicebound");
        var link = await device.OpenReceiverAsync($"{path}/messages/deviceBound");
        foreach (var outcomes in new Outcome[][] { [new Released(), new Modified { DeliveryFailed = true }, new Accepted()], [new Rejected()] })
        {
            var message = Text("do it");
            message.Properties.To = to;
            message.Properties.MessageId = outcomes[^1].DescriptorName.Value;
            message.ApplicationProperties.Map["iothub-ack"] = "full";
            Lines.Write(new { Sent = await HubLinks.SendAsync(sender, message) });
            foreach (var outcome in outcomes)
            {
                var given = await HubLinks.ReceiveAsync(link);
                var count = given.Header?.DeliveryCount ?? 0;
                Lines.Write(new { Given = TextOf(given), Before = count, Settled = await HubLinks.SettleAsync(link, given, outcome) });
            }
        }
        var feedback = await service.OpenReceiverAsync("/messages/serviceBound/feedback");
        for (var told = 0; told < 2;)
        {
            var batch = await HubLinks.ReceiveAsync(feedback);
            var records = TextOf(batch);
            Lines.Write(new { Feedback = records, ContentType = batch.Properties.ContentType.Value });
            told += records.Split("originalMessageId").Length - 1;
            await HubLinks.SettleAsync(feedback, batch, new Accepted());
        }
    }

    private async Task BeRefusedAsync()
    {
        foreach (var address in new[] { "/devices/nobody/messages/events", $"{path}/nowhere" })
        {
            try
            {
                await HubLinks.SendAsync(await device.OpenSenderAsync(address), Text("lost"));
                Lines.Write(new { Refused = (string?)null });
            }
            catch (AmqpException exception)
            {
                Lines.Write(new { Refused = exception.Error.Condition.Value });
            }
        }
    }

    /// <summary>The built-in endpoint is elsewhere; where, stands in the fields of the error, whose names are symbols.</summary>
    private async Task BeRedirectedAsync()
    {
        try
        {
            await HubLinks.ReceiveAsync(await service.OpenReceiverAsync("messages/events/$management"));
        }
        catch (AmqpException exception)
        {
            Lines.Write(new { Redirected = exception.Error.Info["address"]?.ToString(), Port = exception.Error.Info["port"] });
        }
    }

    private static AmqpMessage Text(string text) => AmqpMessage.Create(new Data { Value = new ArraySegment<byte>(Encoding.UTF8.GetBytes(text)) });

    private static string TextOf(AmqpMessage message)
    {
        using var stream = message.BodyStream;
        return stream == null ? "" : new StreamReader(stream).ReadToEnd();
    }

    /// <summary>A message as the content of a batch.</summary>
    private static ArraySegment<byte> Encode(AmqpMessage message)
    {
        using var stream = message.ToStream();
        using var bytes = new MemoryStream();
        stream.CopyTo(bytes);
        return new ArraySegment<byte>(bytes.ToArray());
    }
}
