#!/usr/bin/env bash
# Installs the Bicep compiler for the tests of infra/ on Linux x64, from the NuGet sources that dotnet is configured with.
# Elsewhere: `az bicep install`, or any bicep on the PATH.
set -euo pipefail
cd "$(dirname "$0")/.."
version=0.49.2
package=azure.bicep.commandline.linux-x64
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cat >"$work/bicep.csproj" <<XML
<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup><TargetFramework>netstandard2.0</TargetFramework></PropertyGroup>
  <ItemGroup><PackageDownload Include="$package" Version="[$version]" /></ItemGroup>
</Project>
XML
dotnet restore "$work/bicep.csproj" --packages "$work/packages" --verbosity quiet
mkdir -p node_modules/.cache/bicep
install -m 755 "$work/packages/$package/$version/tools/bicep" node_modules/.cache/bicep/bicep
node_modules/.cache/bicep/bicep --version
