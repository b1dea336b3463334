#!/usr/bin/env bash
# What the two .NET libraries between an Azure Functions output and an Event Grid trigger make of a CloudEvent:
# - Azure.Core 1.53.0 (`CloudEvent`, by Azure.Messaging.EventGrid 4.17.0) reads `time` and writes it otherwise: `Z` becomes
#   `+00:00`, and zeros at the end of the fraction go.
# - Newtonsoft.Json 13.0.3, by which Event Grid triggers read events (their extension up to 3.4.2), takes strings in `data` for
#   dates too: a value with an offset comes back in the time zone of the machine; and the last midnight of the year 9999 in
#   its spelling 24:00 is no string to it but an ArgumentOutOfRangeException, so the whole delivery fails, and each try of it.
# Needs the .NET SDK 10. Exits 0 where that is still so.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat >finding.csproj <<'XML'
<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup>
    <OutputType>Exe</OutputType>
    <TargetFramework>net10.0</TargetFramework>
    <ImplicitUsings>enable</ImplicitUsings>
  </PropertyGroup>
  <ItemGroup>
    <PackageReference Include="Azure.Messaging.EventGrid" Version="[4.17.0]" />
    <PackageReference Include="Newtonsoft.Json" Version="[13.0.3]" />
  </ItemGroup>
</Project>
XML
cat >Program.cs <<'CS'
using System.Text.Json;
using Azure.Messaging;
using Newtonsoft.Json.Linq;

var given = """{"specversion":"1.0","id":"1","source":"s","type":"t","time":"2026-11-29T02:32:16.8820000Z"}""";
var written = JsonSerializer.Serialize(CloudEvent.Parse(BinaryData.FromString(given)));
Console.WriteLine($"time {JsonDocument.Parse(written).RootElement.GetProperty("time").GetRawText()}");
Console.WriteLine($"data {JToken.Parse("""{"at":"2026-01-01T00:00:00+02:00"}""").ToString(Newtonsoft.Json.Formatting.None)}");
try { Console.WriteLine(JToken.Parse("""{"at":"9999-12-31T24:00:00Z"}""").Type); }
catch (Exception exception) { Console.WriteLine($"late {exception.GetType().Name}"); }
CS
TZ=America/New_York dotnet run --nologo -v quiet 2>build.log | tee seen || { cat build.log; exit 1; }
diff - seen <<'EXPECTED' && echo 'As described.'
time "2026-11-29T02:32:16.882+00:00"
data {"at":"2025-12-31T17:00:00-05:00"}
late ArgumentOutOfRangeException
EXPECTED
