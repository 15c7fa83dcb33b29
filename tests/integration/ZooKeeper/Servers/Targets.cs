using System.Reflection;
using Xunit.Sdk;

namespace Reference.Integration.ZooKeeper.Servers;

/// <summary>Runs a theory against Apache ZooKeeper, where that is installed.</summary>
internal sealed class ApacheAttribute : DataAttribute
{
    public ApacheAttribute() => Skip = ApacheZooKeeper.Missing;

    public override IEnumerable<object[]> GetData(MethodInfo testMethod) => [[nameof(ApacheZooKeeper)]];
}

/// <summary>Runs a theory against an ensemble of three servers of ours.</summary>
internal sealed class OwnAttribute : DataAttribute
{
    public override IEnumerable<object[]> GetData(MethodInfo testMethod) => [[nameof(OwnEnsemble)]];
}

/// <summary>The servers that tests share, each started when it's first wanted. The tests run one after the other.</summary>
[CollectionDefinition(Collection)]
public sealed class Targets : IAsyncLifetime, ICollectionFixture<Targets>
{
    /// <summary>The collection's name.</summary>
    public const string Collection = "ZooKeeper";

    /// <summary>A test that takes longer hangs: it fails then, under its name.</summary>
    internal const int LimitMs = 120_000;

    private readonly Dictionary<string, IServers> _started = [];
    private int _roots;

    /// <summary>A znode's name that no other test uses.</summary>
    internal string NewRoot() => $"/test-{Interlocked.Increment(ref _roots)}";

    internal async Task<IServers> GetAsync(string target)
    {
        if (_started.TryGetValue(target, out var servers)) return servers;
        return _started[target] = target == nameof(OwnEnsemble) ? await OwnEnsemble.StartAsync() : await ApacheZooKeeper.StartAsync();
    }

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        foreach (var servers in _started.Values) await servers.DisposeAsync();
    }
}
