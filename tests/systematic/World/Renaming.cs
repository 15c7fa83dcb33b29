using Reference.Replication;
using Reference.Replication.Replicas;

namespace Reference.Systematic.World;

/// <summary>Brokers by other numbers. No rule and no claim prefers a number, so what can happen to a partition can happen to the renamed one, and one of them stands for both.</summary>
/// <param name="to">Each broker's new place, from 0.</param>
public sealed class Renaming(ImmutableArray<int> to)
{
    /// <summary>Every renaming of so many brokers; the first changes nothing.</summary>
    public static ImmutableArray<Renaming> All(int brokers) => [.. Orders([], brokers).Select(order => new Renaming(order))];

    /// <summary>A broker's new place.</summary>
    public int Place(int place) => to[place];

    /// <summary>The partition's state, renamed.</summary>
    public PartitionState Of(PartitionState s) => s with { Leader = Of(s.Leader), Isr = Of(s.Isr), Elr = Of(s.Elr) };

    /// <summary>A broker of an exploration with reductions, renamed.</summary>
    public IsrBroker Of(IsrBroker b) => b with
    {
        Place = to[b.Place], Life = Of(b.Life), State = Of(b.State), Orders = [.. b.Orders.Select(Of)], ToStore = [.. b.ToStore.Select(Of)], FromStore = [.. b.FromStore.Select(Of)],
        Late = [.. b.Late.Select(l => new LateFetch(Of(l.To), l.Fetch with { Life = new(Of(l.Fetch.Life.Value)) })).OrderBy(l => l.To)],
    };

    private BrokerId Of(BrokerId b) => b == BrokerId.None ? b : new(to[b.Value - 1] + 1);

    private BrokerSet Of(BrokerSet set) => BrokerSet.Of(set.Select(Of));

    /// <summary>The first lives are numbered as the brokers are.</summary>
    private long Of(long life) => life >= 1 && life <= to.Length ? to[(int)life - 1] + 1 : life;

    private ReplicaState Of(ReplicaState s) => s with
    {
        Partition = s.Partition is { } partition ? Of(partition) : null,
        Lead = s.Lead is not { } lead ? null : lead with
        {
            Followers = [.. lead.Followers.Select(f => f with { Broker = Of(f.Broker), BrokerEpoch = new(Of(f.BrokerEpoch.Value)) }).OrderBy(f => f.Broker)],
            Change = lead.Change is { } change ? change with { Isr = Of(change.Isr), Elr = Of(change.Elr) } : null,
        },
    };

    private ReplicaEffect Of(ReplicaEffect asked) =>
        asked is WriteIsr w ? w with { Isr = Of(w.Isr), Elr = Of(w.Elr), Joiner = Of(w.Joiner), JoinerEpoch = new(Of(w.JoinerEpoch.Value)) } : asked;

    private ReplicaInput Of(ReplicaInput answer) => answer is StateRead { State: { } state } read ? read with { State = Of(state) } : answer;

    private static IEnumerable<ImmutableArray<int>> Orders(ImmutableArray<int> begun, int brokers) =>
        begun.Length == brokers ? [begun] : Enumerable.Range(0, brokers).Where(b => !begun.Contains(b)).SelectMany(b => Orders(begun.Add(b), brokers));
}
