using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Reference.Integration.Clients;

/// <summary>Makes Confluent.Kafka use the native library that its package brings, and no other.</summary>
/// <remarks>
/// The package's librdkafka.so wants <c>libsasl2.so.3</c>, where Debian has <c>libsasl2.so.2</c>. It then can't be loaded, and an older librdkafka of the system would be
/// taken silently if there is one. The package also brings a build that needs no library of SASL; that one is the second choice.
/// </remarks>
internal static class NativeKafkaLibrary
{
    private static readonly string[] Builds = ["librdkafka.so", "centos8-librdkafka.so"];

    [ModuleInitializer]
    internal static void ChooseIt()
    {
        if (OperatingSystem.IsLinux()) NativeLibrary.SetDllImportResolver(typeof(Confluent.Kafka.Library).Assembly, Resolve);
    }

    private static nint Resolve(string name, Assembly assembly, DllImportSearchPath? searchPath)
    {
        if (name != "librdkafka") return 0;
        foreach (var build in Builds)
            if (NativeLibrary.TryLoad(Path.Combine(AppContext.BaseDirectory, "runtimes", RuntimeInformation.RuntimeIdentifier, "native", build), out var library)) return library;
        return 0;
    }
}
