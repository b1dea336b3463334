namespace Real;

/// <summary>
/// Two processors of one group, as two instances of an app are, that come to equal shares of the partitions; after a line of
/// the input they stop, and after another one a third goes on from their checkpoints until the input ends.
/// </summary>
internal static class Balance
{
    public static async Task RunAsync(string connection, string hub, string group)
    {
        var store = new MemoryCheckpoints();
        Processor Make(string name) => new(name, store, group, connection, hub);
        Processor[] two = [Make("first"), Make("second")];
        foreach (var processor in two) await processor.StartProcessingAsync();
        Lines.Write(new { Event = "balanced", Shares = await store.EqualShares });
        await Console.In.ReadLineAsync();
        foreach (var processor in two) await processor.StopProcessingAsync();
        Lines.Write(new { Event = "stopped" });
        await Console.In.ReadLineAsync();
        var third = Make("third");
        await third.StartProcessingAsync();
        await Lines.UntilTheInputEnds();
        await third.StopProcessingAsync();
    }
}
