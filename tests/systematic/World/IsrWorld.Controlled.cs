using Reference.Replication;
using Reference.Replication.Replicas;

namespace Reference.Systematic.World;

/// <summary>What a world around this one does to it: the controllers' orders, the store's answers, registrations.</summary>
public sealed partial record IsrWorld
{
    /// <summary>A broker's replica takes an order; why it refuses, if it does, and whether it deleted its log.</summary>
    internal (IsrWorld World, ReplicaError Refused, bool IsDeleted) Obeys(int i, ReplicaInput order)
    {
        var taken = Remember(IsrStep.Of(Setup, i, Broker(i), order, null));
        return ((this with { Trail = [] }).Applied(i, taken, Setup.Tells ? $"{i + 1}:" : ""), taken.Step.Refused, taken.Step.IsDeleted);
    }

    /// <summary>The store's answer to the oldest thing that a broker asked of it; nobody hears it if the broker is down.</summary>
    internal IsrWorld Answered(int i, ReplicaInput answer)
    {
        var broker = Broker(i);
        return With(i, broker with { ToStore = broker.ToStore.RemoveFirst(1), FromStore = broker.IsUp ? broker.FromStore.Add(answer) : broker.FromStore }, "");
    }

    /// <summary>A broker's process starts.</summary>
    internal IsrWorld Started(int i) => With(i, Broker(i) with { IsUp = true, IsRegistered = false, Life = BrokerEpoch.Unknown.Value }, "");

    /// <summary>From here on a kill leaves a broker's log as it is.</summary>
    internal IsrWorld WithTailKept(int i) => Broker(i).KeptTail ? this : With(i, Broker(i) with { KeptTail = true }, "");

    /// <summary>What the store has of the partition, and who is registered as what.</summary>
    internal IsrWorld Knowing(PartitionState? stored, Func<int, (bool IsRegistered, long Life)> registrations)
    {
        var world = stored is null || stored == Stored ? this : WithStored(stored);
        for (var i = 0; i < _brokers.Length; i++)
        {
            var (isRegistered, life) = registrations(i);
            if (world.Broker(i) is var broker && (broker.IsRegistered != isRegistered || broker.Life != life)) world = world with { _brokers = world._brokers.SetItem(i, _memory.Brokers.Of(broker with { IsRegistered = isRegistered, Life = life })) };
        }
        return world;
    }

    /// <summary>Every claim about what was made of the world since <paramref name="before"/>.</summary>
    internal IsrWorld JudgedSince(IsrWorld before) => ReferenceEquals(before, this) ? this : Judged(before);

    /// <summary>The same, as a beginning: nothing is reached yet.</summary>
    internal IsrWorld Anew() => this with { Reached = 0, Trail = [] };

    /// <summary>A partition that doesn't exist yet: no broker has a replica's role, nothing is asked or told.</summary>
    internal static IsrWorld Unborn(IsrSetup setup)
    {
        var stored = new PartitionState(BrokerId.None, LeaderEpoch.None, BrokerSet.Empty, BrokerSet.Empty, 0, -1);
        var memory = new IsrMemory(setup.Brokers, setup.Seed);
        var parts = setup.Replicas.Select((r, i) => memory.Brokers.Of(new(i, r.Recover(ReplicaLog.Empty, new(setup.MinInSync), cleanly: true), [], [], 0, true, false, true, BrokerEpoch.Unknown.Value, [], [], [], [], null, null)));
        return new IsrWorld(setup, memory, [.. parts], memory.Stored.Of(stored), memory.Ghosts.Of(new([], [], 0)));
    }
}
