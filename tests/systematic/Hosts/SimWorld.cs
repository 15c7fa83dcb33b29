using Microsoft.Coyote.Runtime;
using Microsoft.Coyote.Specifications;
using Reference.Zab;
using Chooser = Microsoft.Coyote.Random.Generator;

namespace Reference.Hosts;

/// <summary>Real ensemble servers on simulated networks, disks and clocks, one client, and an onlooker who forgets nothing. One schedule of Coyote's is one run of it.</summary>
internal sealed class SimWorld
{
    private const int LongestStory = 200;

    private readonly Chooser _choices = Chooser.Create();
    private readonly HostSetup _setup;
    private readonly Dictionary<NodeId, NodeState> _states = [];
    private readonly List<(string Path, long Zxid)> _acknowledged = [];
    private readonly Queue<(NodeId? Node, object What)> _story = [];
    private ulong _drawn;
    private Ensemble _ensemble;

    private readonly Action<string> _onBroken;

    /// <summary>A world that nothing has happened to yet.</summary>
    /// <param name="setup">What there is.</param>
    /// <param name="onBroken">Told of a claim that broke, before Coyote is.</param>
    public SimWorld(HostSetup setup, Action<string> onBroken)
    {
        (_setup, _onBroken) = (setup, onBroken);
        Network = new(this);
        Debts = new(this, setup.AsideOneIn);
        SnapCount = Chance(3) ? 4 : 1000;
        All = [.. Enumerable.Range(1, setup.Servers).Select(id => new SimServer(this, id, setup.Disk))];
        _ensemble = Ensemble.New([.. All.Select(s => new NodeId(s.Id))]);
    }

    /// <summary>How many servers there are.</summary>
    public int Servers => _setup.Servers;

    /// <summary>Transactions between snapshots.</summary>
    public int SnapCount { get; }

    /// <summary>The servers.</summary>
    public ImmutableArray<SimServer> All { get; }

    /// <summary>What joins them.</summary>
    public SimNetwork Network { get; }

    /// <summary>What it owes to the processes.</summary>
    public Debts Debts { get; }

    /// <summary>Counts what processes ask of the machine: while it stands still, they all wait.</summary>
    public long Stirs { get; private set; }

    /// <summary>What was acknowledged to the client.</summary>
    public IReadOnlyList<(string Path, long Zxid)> Acknowledgements => _acknowledged;

    /// <summary>Bit i: goal i of the ensemble was reached.</summary>
    public ulong Reached { get; private set; }

    /// <summary>The port between servers.</summary>
    public static int PeerPortOf(int id) => 1000 + id;

    /// <summary>The port for clients.</summary>
    public static int ClientPortOf(int id) => 2000 + id;

    /// <summary>A process asked something of the machine.</summary>
    public void Stirred() => Stirs++;

    /// <summary>A number from 0 to <paramref name="bound"/> − 1, chosen by the strategy.</summary>
    public int Below(int bound) => bound == 1 ? 0 : _choices.NextInteger(bound);

    /// <summary>True once in <paramref name="oneIn"/> times.</summary>
    public bool Chance(int oneIn) => Below(oneIn) == 0;

    /// <summary>Session ids and passwords: the same in each run.</summary>
    public ulong Draw() => ++_drawn * 0x9E3779B97F4A7C15;

    /// <summary>What the machine did, or who took what: the story that a broken claim ends with.</summary>
    public void Tell(object what, NodeId? node = null)
    {
        if (_story.Count == LongestStory) _story.Dequeue();
        _story.Enqueue((node, what));
    }

    /// <summary>A claim that the schedule ends with if it is false.</summary>
    public void Claim(bool holds, string claim, string words, string facts)
    {
        if (holds) return;
        var broken = $"{claim}: {words} ({facts})\n{string.Join("\n", _story.Select(s => s.Node is { } node ? $"  {node} {s.What}" : $"{s.What}"))}\n";
        _onBroken(broken);
        Specification.Assert(false, broken);
    }

    /// <summary>Whether a server leads, by its own lights.</summary>
    public bool Leads(int server) => _states.GetValueOrDefault(new(server))?.Leading is not null;

    /// <summary>Whether all servers are in the same epoch, with one that leads it.</summary>
    public bool AreOfOneEpoch => _states.Values.Select(s => s.Epoch).Distinct().Count() == 1 && _states.Values.Count(s => s.IsEstablished) == 1;

    /// <summary>A server's broadcast took a step.</summary>
    public void Stepped(NodeId node, NodeState before, Input input, Step<NodeState, Effect> step)
    {
        Stirred();
        Tell(input, node);
        if (input is Started && _states.TryGetValue(node, out var last)) Came(node, last, before.Durable);
        _ensemble = _ensemble.After(node, before, input, step);
        _states[node] = step.State;
        var taken = new Taken(node, before, input, step, _ensemble.Members);
        foreach (var invariant in Taken.Invariants)
            if (!invariant.Holds(taken)) Claim(false, invariant.Rule, invariant.Claim, $"{node} took {input}");
        foreach (var invariant in Ensemble.Invariants)
            if (!invariant.Holds(_ensemble)) Claim(false, invariant.Rule, invariant.Claim, $"{node} took {input}");
        for (var goal = 0; goal < Ensemble.Goals.Length; goal++)
            if (Ensemble.Goals[goal].Reached(_ensemble)) Reached |= 1ul << goal;
    }

    /// <summary>A server told the client that its write is done.</summary>
    public void Acknowledged(string path, long zxid)
    {
        Claim(!_setup.Canary, "HOST-CANARY", "no write is ever acknowledged", $"{path} was, at {new Zxid(zxid)}");
        Claim(_ensemble.Log.Any(e => e.Zxid.Value == zxid), "HOST-ACK", "what is acknowledged to a client was delivered to a service", $"{path} at {new Zxid(zxid)}");
        _acknowledged.Add((path, zxid));
    }

    /// <summary>A server that leads with a quorum has all that was ever acknowledged.</summary>
    public void CheckAcknowledged(SimServer leader)
    {
        var service = leader.Serves!;
        foreach (var (path, zxid) in _acknowledged)
            Claim(service.Tree.Find(path) is not null, "HOST-LOST", "no acknowledged write is lost", $"{path}, written at {new Zxid(zxid)}, isn't on server {leader.Id} that serves {new Zxid(service.LastZxid)}");
    }

    /// <summary>A server is back: what its disk has is what it knew to be durable, and a prefix of what it had issued since.</summary>
    private void Came(NodeId node, NodeState last, Durable found)
    {
        var disk = _ensemble.Disks[node];
        if (IsSame(disk, found)) return;
        foreach (var write in last.Outstanding.Writes)
        {
            disk = disk.After(write);
            if (IsSame(disk, found)) return;
        }
        Claim(false, "HOST-DISK", "after a crash a disk has what its server was told is durable, and after it a prefix of the writes under way", $"server {node} had {_ensemble.Disks[node]} and issued {last.Outstanding}, and found {found}");
    }

    /// <summary>Whether two disks are worth the same; one may have put a longer beginning into a snapshot.</summary>
    private static bool IsSame(Durable left, Durable right)
    {
        if ((left.AcceptedEpoch, left.CurrentEpoch, left.History.Last) != (right.AcceptedEpoch, right.CurrentEpoch, right.History.Last)) return false;
        var based = left.History.Base > right.History.Base ? left.History.Base : right.History.Base;
        return left.History.Entries.Where(e => e.Zxid > based).SequenceEqual(right.History.Entries.Where(e => e.Zxid > based));
    }
}
