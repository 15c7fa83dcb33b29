using Reference.Systematic.World;
using Reference.Zab;

namespace Reference.Systematic.Zoo;

/// <summary>An ensemble's world in which animals are let loose.</summary>
public sealed record ZooWorld(string Name, Func<Rules, ImmutableArray<string>, ZabSetup> Setup);

/// <summary>Disks that a world begins with, as a run under the true rules may leave them.</summary>
public sealed record Beginning(string Name, params ImmutableArray<Durable> Disks);

/// <summary>The worlds of the ensemble's animals, named by grain, servers.crashes.breaks.proposals.snapshots, rounds, and how they begin: each the smallest that holds its rule.</summary>
public static class ZooWorlds
{
    /// <summary>An oracle names any server leader, whatever its history, once a round.</summary>
    public static ZooWorld Oracle(int crashes, int breaks, int proposals, int rounds = 3, int snapshots = 0, int servers = 3, Beginning? from = null, bool reduced = true, bool anyLeader = false) =>
        new($"oracle-{Budgets(servers, crashes, breaks, proposals, snapshots)}-{rounds}{Suffix(from)}{(reduced ? "" : "-unreduced")}{(anyLeader ? "-any" : "")}",
            (rules, judged) => Worlds.Oracle(s => rules.New<Peer>(s), servers, rounds, crashes, breaks, proposals, snapshots, judged) with { Disks = from?.Disks ?? [], Reduced = reduced, AnyLeader = anyLeader });

    /// <summary>The whole peer, heartbeats and each alarm by itself.</summary>
    public static ZooWorld Whole(int crashes, int breaks, int proposals, int snapshots = 0, int servers = 3, uint lastCounter = uint.MaxValue) =>
        new($"zab-{Budgets(servers, crashes, breaks, proposals, snapshots)}{(lastCounter == uint.MaxValue ? "" : $"-last{lastCounter}")}",
            (rules, judged) => new ZabSetup(servers, crashes, breaks, proposals, snapshots, s => rules.New<Peer>(s)) { Judged = judged, LastCounter = lastCounter });

    /// <summary>Election alone, of one round.</summary>
    public static ZooWorld Election(Beginning from) =>
        new($"election-{Budgets(from.Disks.Length, 0, 0, 0, 0)}{Suffix(from)}", (rules, judged) => Worlds.Election(s => rules.New<Peer>(s), rounds: 1, crashes: 0, disks: from.Disks, late: [], judged: judged));

    private static string Budgets(int servers, int crashes, int breaks, int proposals, int snapshots) =>
        string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{servers}.{crashes}.{breaks}.{proposals}{(snapshots > 0 ? $".{snapshots}" : "")}");

    private static string Suffix(Beginning? from) => from is null ? "" : $"-{from.Name}";

    /// <summary>A disk: the epochs, and transactions by epoch and number.</summary>
    public static Durable Disk(int accepted, int current, params ReadOnlySpan<(int Epoch, int Counter)> transactions)
    {
        var history = History.Empty;
        foreach (var (epoch, counter) in transactions) history = history.Add(Zxid.Of(epoch, (uint)counter), new(new byte[] { 0, 0, (byte)epoch, (byte)counter }));
        return new(accepted, current, history);
    }
}
