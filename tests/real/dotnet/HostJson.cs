using System.Text;
using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

namespace Real;

/// <summary>
/// How the Functions host moves values between extensions and its worker. The host is on no registry: this is modelled on
/// azure-functions-host 4.1037.0, src/WebJobs.Script.Grpc/MessageExtensions/GrpcMessageConversionExtensions.cs.
/// </summary>
internal static class HostJson
{
    private static readonly JsonSerializerSettings WithoutDates = new() { DateParseHandling = DateParseHandling.None };

    /// <summary>A value for the worker: a JObject is written by itself, all else by the serializer (<c>ToRpc</c>).</summary>
    public static string ToWorker(object value)
    {
        if (value is JObject json) return OverTheWire(json.ToString(Formatting.None));
        try
        {
            return OverTheWire(JsonConvert.SerializeObject(value, Formatting.None));
        }
        catch (Exception)
        {
            return OverTheWire(value.ToString() ?? "");
        }
    }

    /// <summary>What the worker returned, where it was no text: here dates stay strings (<c>ToObject</c>).</summary>
    public static object? FromWorker(string json) => JsonConvert.DeserializeObject(json, WithoutDates);

    /// <summary>What the wire makes of a text: UTF-8, which has no lone surrogates.</summary>
    private static string OverTheWire(string text) => Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text));
}
