using Real;

// The real packages as a process that tests drive: a verb and its arguments; JSON lines in and out.
switch (args)
{
    case ["vectors", var inputs, var vectors]:
        await VectorFile.MakeAsync(inputs, vectors);
        break;
    case ["publish", var endpoint, var key]:
        await PublishAsync(endpoint, key);
        break;
    case ["webhook"]:
        await AnswerAsync();
        break;
    case ["queue", var connection, var name]:
        await QueueTrigger.RunAsync(connection, name);
        break;
    case ["send", var connection, var hub]:
        await EventHubClients.SendAsync(connection, hub);
        break;
    case ["read", var connection, var hub, var group, var count]:
        await EventHubClients.ReadAsync(connection, hub, group, int.Parse(count));
        break;
    case ["process", var connection, var hub, var group]:
        await Balance.RunAsync(connection, hub, group);
        break;
    case ["hub", var port, var device, var deviceToken, var serviceToken]:
        await HubStory.RunAsync(int.Parse(port), device, deviceToken, serviceToken);
        break;
    default:
        Console.Error.WriteLine("""
            vectors INPUTS VECTORS
            publish ENDPOINT KEY           in: what functions returned, as JSON text in a string
            webhook                        in: requests
            queue CONNECTION NAME          until the input ends
            send CONNECTION HUB            in: events
            read CONNECTION HUB GROUP COUNT
            process CONNECTION HUB GROUP
            hub PORT DEVICE DEVICE-TOKEN SERVICE-TOKEN
            """);
        return 2;
}
return 0;

static async Task PublishAsync(string endpoint, string key)
{
    await using var output = new EventGridOutput(endpoint, key);
    await foreach (var returned in Lines.Read<string>())
    {
        try
        {
            await output.PublishAsync(returned, isText: false);
            Lines.Write(new { Error = (string?)null });
        }
        catch (Exception exception)
        {
            Lines.Write(new { Error = exception.GetBaseException().Message });
        }
    }
}

static async Task AnswerAsync()
{
    await using var webhook = await EventGridWebhook.StartAsync();
    await foreach (var request in Lines.Read<EventGridWebhook.Request>()) Lines.Write(await webhook.CallAsync(request));
}
