namespace Real;

internal static class Zone
{
    /// <summary>Makes a time zone that of the process, as <c>TZ</c> does at its start.</summary>
    public static void Use(string zone)
    {
        Environment.SetEnvironmentVariable("TZ", zone);
        TimeZoneInfo.ClearCachedData();
        if (TimeZoneInfo.Local.Id != zone) throw new InvalidOperationException($"The time zone {zone} is not known here: install tzdata.");
    }
}
