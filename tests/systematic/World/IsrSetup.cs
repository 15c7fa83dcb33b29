using Reference.Replication;
using Reference.Replication.Replicas;

namespace Reference.Systematic.World;

/// <summary>What may happen to a partition that is explored, and how often. Time-outs aren't bounded: a follower may be heard, or lag, and the controller may elect, at any time.</summary>
/// <param name="Epochs">Leader epochs, the first one included.</param>
/// <param name="Shrinks">How often leaders may expel who lags. (Elections and returns take who is gone out of the ISR besides.)</param>
/// <param name="Expands">How often leaders may take a follower back.</param>
/// <param name="Crashes">Losses of power, or kills.</param>
/// <param name="Rules">The rules that a broker follows; the zoo gives its own.</param>
public sealed record IsrSetup(int Brokers, int MinInSync, int Epochs, int Records, int Shrinks, int Expands, int Crashes, Func<BrokerId, Replica> Rules)
{
    /// <summary>The only claims to evaluate; all if empty.</summary>
    public ImmutableArray<string> Judged { get; init; } = [];

    /// <summary>Whether steps that commute are merged (spec/exploration.md).</summary>
    public bool Reduced { get; init; } = true;

    /// <summary>How many of the store's answers may get lost.</summary>
    public int LostAnswers { get; init; }

    /// <summary>Whether brokers are killed, and keep what they appended, where they'd otherwise lose power and with it any of what they appended.</summary>
    public bool OnlyKills { get; init; }

    /// <summary>Whether others elect, register and keep the store: a <see cref="ClusterWorld"/> around this one.</summary>
    public bool IsControlled { get; init; }

    /// <summary>Whether moves tell what they did: explorations of millions don't.</summary>
    public bool Tells { get; init; } = true;

    /// <summary>The seed of the parts' fingerprints.</summary>
    public ulong Seed { get; init; }

    /// <summary>The controller's decisions that a world of one partition needs.</summary>
    public Oracle Oracle { get; init; } = new();

    /// <summary>Whether a claim is evaluated.</summary>
    public bool Judges(string invariant) => Judged.IsEmpty || Judged.Contains(invariant);

    /// <summary>The rules of each broker.</summary>
    public ImmutableArray<Replica> Replicas { get; } = [.. Enumerable.Range(1, Brokers).Select(id => Rules(new(id)))];

    /// <summary>All brokers: each holds a replica.</summary>
    public BrokerSet All { get; } = BrokerSet.Of(Enumerable.Range(1, Brokers).Select(id => new BrokerId(id)));
}

/// <summary>The oracle controller's own rule; the rest of what it does may happen at any time.</summary>
public class Oracle
{
    /// <summary>ISR and ELR once a broker is back that may lack records: it is in neither, unless it is the only one in both (CTRL-REBOOT-1).</summary>
    public virtual (BrokerSet Isr, BrokerSet Elr) WithoutDoubtful(PartitionState stored, BrokerId doubtful)
    {
        if (stored.Isr.Union(stored.Elr).Count <= 1) return (stored.Isr, stored.Elr);
        var elr = stored.Elr.Remove(doubtful);
        return (stored.Isr.Count > 1 || !elr.IsEmpty ? stored.Isr.Remove(doubtful) : stored.Isr, elr);
    }
}
