using Microsoft.Azure.WebJobs;
using Microsoft.Azure.WebJobs.Host;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Real;

internal static class WebJobsHost
{
    /// <summary>A host of the real WebJobs SDK, which the Functions host is built on, with the functions of one class.</summary>
    public static IHost Build(object functions, Action<IWebJobsBuilder> addExtensions, Dictionary<string, string?>? settings = null) =>
        new HostBuilder()
            .ConfigureAppConfiguration(builder => builder.AddInMemoryCollection(settings))
            .ConfigureWebJobs(addExtensions)
            .ConfigureServices(services => services
                .AddSingleton<ITypeLocator>(new OneType(functions.GetType()))
                .AddSingleton<IJobActivator>(new OneInstance(functions)))
            .Build();

    private sealed class OneInstance(object functions) : IJobActivator
    {
        public T CreateInstance<T>() => (T)functions;
    }

    private sealed class OneType(Type type) : ITypeLocator
    {
        public IReadOnlyList<Type> GetTypes() => [type];
    }
}
