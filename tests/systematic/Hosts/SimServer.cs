using System.Net;
using Microsoft.Extensions.Logging.Abstractions;
using Reference.Broker.Configuration;
using Reference.Broker.Ensemble;
using Reference.Zab;

namespace Reference.Hosts;

/// <summary>One server of the ensemble: its disk, which outlives it, and the life that it leads now.</summary>
internal sealed class SimServer(SimWorld world, int id, DiskKind disk)
{
    private const int TickMs = 20;

    private EnsembleServer? _server;

    /// <summary>Its id.</summary>
    public int Id { get; } = id;

    /// <summary>Its disk.</summary>
    public SimDisk Disk { get; } = new(world, id, disk);

    /// <summary>The present life; null while it's down.</summary>
    public Life? Life { get; private set; }

    /// <summary>Its clock, if it runs.</summary>
    public SimClock? Clock { get; private set; }

    /// <summary>Whether it was told to end in order.</summary>
    public bool IsStopping { get; private set; }

    /// <summary>What it serves; null while it doesn't run or doesn't serve.</summary>
    public Coordination.ServiceState? Serves => _server is { Status: { IsServing: true } status } ? status.Service : null;

    /// <summary>Starts it on what its disk has.</summary>
    public void Start()
    {
        var life = new Life(Id, world);
        Clock = new(life, Clock?.NowMs ?? 0);
        _server = EnsembleServer.Open(Settings(), world.Network.Of(life), Disk.Of(life), Clock, NullLoggerFactory.Instance, new(new Ghost(world, life), world.Draw));
        (Life, IsStopping) = (life, false);
        _ = RunAsync(life, _server);
    }

    /// <summary>Kills it.</summary>
    public void Kill(bool losesPower)
    {
        Life!.IsDead = true;
        world.Network.Kill(Life);
        Disk.Crash(losesPower);
        Life = null;
        _server = null;
    }

    /// <summary>Tells it to end in order.</summary>
    public void Stop()
    {
        IsStopping = true;
        _server!.Stop();
    }

    private async Task RunAsync(Life life, EnsembleServer server)
    {
        await server.RunAsync();
        if (life.IsDead) return;
        world.Claim(IsStopping, "HOST-END", "a server ends when it is told to", $"server {Id} ended by itself");
        server.Dispose();
        Life = null;
        _server = null;
        life.IsDead = true;
        world.Network.Kill(life);
        Disk.Crash(losesPower: false);
    }

    private EnsembleSettings Settings() => new()
    {
        MyId = Id,
        DataDir = "",
        Servers = Enumerable.Range(1, world.Servers).ToImmutableSortedDictionary(i => i, i => ("127.0.0.1", SimWorld.PeerPortOf(i))),
        ClientAddress = new(IPAddress.Loopback, SimWorld.ClientPortOf(Id)),
        TickTime = TickMs,
        SnapCount = world.SnapCount,
        MinSessionTimeout = 2 * TickMs,
        CheckInvariants = true,
    };

    /// <summary>Gives the world each step of a life that isn't over.</summary>
    private sealed class Ghost(SimWorld world, Life life) : Broker.Hosting.IStepObserver<NodeState, Input, Effect>
    {
        public void Stepped(NodeState before, Input input, in Step<NodeState, Effect> step)
        {
            if (!life.IsDead) world.Stepped(new(life.Id), before, input, new(step.State, step.Effects, step.Ignored));
        }
    }
}
