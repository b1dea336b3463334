using System.Text.Encodings.Web;
using System.Text.Json;

namespace Real;

/// <summary>JSON lines: those that come in, and those that go out.</summary>
internal static class Lines
{
    private static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web)
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>Until the input ends.</summary>
    public static async IAsyncEnumerable<T> Read<T>()
    {
        while (await Console.In.ReadLineAsync() is { } line) yield return JsonSerializer.Deserialize<T>(line, Options)!;
    }

    public static async Task UntilTheInputEnds()
    {
        while (await Console.In.ReadLineAsync() is not null) { }
    }

    public static void Write(object line)
    {
        var text = JsonSerializer.Serialize(line, Options);
        lock (Options) Console.WriteLine(text);
    }
}
