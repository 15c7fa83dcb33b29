using Reference.Replication;
using Reference.Replication.Control;

namespace Reference.Systematic.World;

/// <summary>What must hold of a cluster: what its cores claim, and what holds among them.</summary>
public sealed partial record ClusterWorld
{
    private ClusterWorld JudgeStore(MetadataStore before, MetadataStore after)
    {
        var broken = _broken;
        foreach (var claim in MetadataStore.Invariants) broken ??= Judge(claim, after, () => $"{after}");
        foreach (var claim in MetadataStore.StepInvariants) broken ??= Judge(claim, (before, after), () => $"{before} became {after}");
        var reached = Term(after) > Term(before) && Term(before) > 0 ? _reached | Goal(0) : _reached;
        if (StateOf(after)?.Leader == BrokerId.None) reached |= Goal(5);
        return this with { _broken = broken, _reached = reached };
    }

    private static int Term(MetadataStore store) => store.Read(MetadataKey.ControllerEpoch).Node?.Value is ControllerTerm term ? term.Epoch : 0;

    private ClusterWorld JudgeControl(int i, ControllerState before, ControllerState after)
    {
        var broken = _broken;
        foreach (var claim in ControllerState.Invariants) broken ??= Judge(claim, after, () => $"{i + 1}: {after}");
        if (!ReferenceEquals(before.Writes, after.Writes))      // else nothing was decided
            foreach (var claim in ControllerState.StepInvariants) broken ??= Judge(claim, (before, after), () => $"{i + 1}: {before} became {after}");
        return this with { _broken = broken };
    }

    /// <summary>A broker deletes its log: only that of a topic that is wanted no more.</summary>
    private ClusterWorld JudgeDeletion(int i)
    {
        var isWanted = Stored.Entries.ContainsKey(MetadataKey.Partition(Partition)) && !Stored.Entries.ContainsKey(MetadataKey.Deletion(Partition.Topic));
        return this with { _broken = _broken ?? Judge(ClusterInvariants.DeletedAsWished, isWanted, () => $"{i + 1} deletes {Partition}: {Stored}") };
    }

    /// <summary>The replicas are told what the store says of them now; then every claim about the whole.</summary>
    private ClusterWorld Settled(ClusterWorld before)
    {
        var data = _data;
        var (brokers, now, store) = (_brokers, _now, ReferenceEquals(_stored, _store.Value.Store) ? _store : _memory.Stores.Of(new(_stored)));
        for (var i = 0; i < now.Length; i++)
        {
            if (ReferenceEquals(now[i], brokers[i].Value)) continue;
            brokers = brokers.SetItem(i, _memory.Brokers.Of(now[i]));
            now = now.SetItem(i, brokers[i].Value);
        }
        if (IsRegisteredOtherwise(before, store))
            data = data.Knowing(StateOf(Stored), i =>
            {
                var own = Stored.Read(MetadataKey.Broker(Id(i))).Node;
                return (own is not null && (!IsUp(i) || own.Czxid == Broker(i).Registration.Epoch.Value), IsUp(i) ? Broker(i).Registration.Epoch.Value : own?.Czxid ?? BrokerEpoch.Unknown.Value);
            });
        data = data.JudgedSince(before._data);
        var world = this with { _data = data, _brokers = brokers, _now = now, _store = store, _stored = store.Value.Store };
        return world with { _broken = _broken ?? (data.Broken is null ? world.JudgeWhole() : null), _reached = world.Believers() > 1 ? _reached | Goal(1) : _reached };
    }

    private bool IsRegisteredOtherwise(ClusterWorld before, Part<StoreView> store)
    {
        if (!ReferenceEquals(store, before._store)) return true;
        for (var i = 0; i < _now.Length; i++)
            if (!ReferenceEquals(_now[i].Registration, before._now[i].Registration) || _data.Broker(i).IsUp != before._data.Broker(i).IsUp) return true;
        return ReferenceEquals(before, this);
    }

    private int Believers()
    {
        var believers = 0;
        for (var i = 0; i < _setup.Controllers; i++) if (IsUp(i) && Broker(i).Control.IsController) believers++;
        return believers;
    }

    private Broken? JudgeWhole()
    {
        Broken? broken = null;
        for (var i = 0; i < _brokers.Length && broken is null; i++)
        {
            if (!HasSession(i)) continue;
            broken = _memory.Judged.Of(_brokers[i].Number, _store.Number, i, static at => at.World.JudgeBroker(at.i), (World: this, i));
            if (broken is not null || _data.Ghost.Acknowledged.IsEmpty || !_data.Stored.Isr.Contains(Id(i))) continue;
            var own = Stored.Read(MetadataKey.Broker(Id(i))).Node;
            broken = Judge(ClusterInvariants.ReliedOnHoldsAll, (own?.Value is BrokerRegistration { TailKept: true } && own.Owner == Broker(i).Session, HoldsAll(_data.Broker(i))), () => $"{i + 1} holds {string.Join(' ', _data.Broker(i).Records)}; acknowledged {string.Join(", ", _data.Ghost.Acknowledged)}; {_data.Stored}");
        }
        return broken;
    }

    /// <summary>A broker that has a session, beside the store.</summary>
    private Broken? JudgeBroker(int i)
    {
        var broker = Broker(i);
        var own = Stored.Read(MetadataKey.Broker(Id(i))).Node;
        if (Judge(ClusterInvariants.RegisteredInPresentSession, (broker.Registration.Phase == RegistrarPhase.Registered, own is not null && own.Owner == broker.Session), () => $"{i + 1} of session {broker.Session} is {broker.Registration}; {own}") is { } broken) return broken;
        if (i >= _setup.Controllers || !broker.Requests.IsEmpty) return null;
        return broker.Control.Phase switch
        {
            ControllerPhase.Active => Judge<(ControllerState, MetadataStore)>(ClusterInvariants.KnowsWhatIsThere, (broker.Control, Stored), () => $"{i + 1} knows {string.Join("; ", broker.Control.Brokers.Values)} and {string.Join("; ", broker.Control.Partitions.Values.Select(p => p.State))}; {Stored}"),
            ControllerPhase.Standby => Judge(ClusterInvariants.SeatIsTaken, Stored, () => $"{i + 1} stands by; {Stored}"),
            _ => null,
        };
    }

    private bool HoldsAll(IsrBroker broker)
    {
        foreach (var promise in _data.Ghost.Acknowledged) if (promise.Offset >= broker.Records.Count || broker.Records[(int)promise.Offset] != promise.Record) return false;
        return true;
    }

    private Broken? Judge<T>(Invariant<T> claim, T of, Func<string> facts) => _setup.Judges(claim.Rule) && !claim.Holds(of) ? new(claim.Rule, claim.Claim, facts()) : null;
}
