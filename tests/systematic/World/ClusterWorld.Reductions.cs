using Reference.Replication.Control;
using Reference.Replication.Replicas;
using Step = Reference.Kernel.Step<Reference.Replication.Control.ControllerState, Reference.Replication.Control.Effect>;

namespace Reference.Systematic.World;

/// <summary>Steps that might as well come at once, because nothing can tell whether they did (spec/exploration.md).</summary>
public sealed partial record ClusterWorld
{
    /// <summary>All that needn't wait is done.</summary>
    private ClusterWorld Hastened()
    {
        if (!_setup.Reduced) return this;
        var world = this;
        while (world.Haste() is { } next) world = next;
        return world;
    }

    private ClusterWorld? Haste()
    {
        for (var i = 0; i < _setup.Controllers; i++)
            if (HasSession(i) && Broker(i).Requests is [var first, ..] && IsOfWhatStays(first, Broker(i).Requests)) return Serves(i);
        for (var r = 0; r < _requests.Length; r++)
            if (_requests[r].IsAwaited && (!IsUp(_requests[r].To) || NeedNotWait(_requests[r]))) return Arrives(r);
        foreach (var session in Stored.Sessions)
            if (IsOrphan(session) && Stored.Entries.All(e => e.Value.Owner != session)) return this with { _stored = Stored with { Sessions = Stored.Sessions.Remove(session) } };
        return null;
    }

    /// <summary>What is read is never written: it makes no difference when it is.</summary>
    private bool IsOfWhatStays(Effect request, Sequence<Effect> all) => request switch
    {
        Watch watch => watch.Keys.All(Stays) && (all.Count < 2 || all[1] is not (Read or List) || IsOfWhatStays(all[1], all)),
        Read read => read.Keys.All(Stays),
        List list => Stays(list.Folder),
        _ => false,
    };

    private bool Stays(MetadataKey key) => key.Kind switch
    {
        MetadataKind.PreferredElection or MetadataKind.Cluster => true,
        MetadataKind.IsrChanges or MetadataKind.IsrChange => !_setup.LeavesNotes,
        MetadataKind.Topics or MetadataKind.Topic or MetadataKind.TopicSettings or MetadataKind.Deletions or MetadataKind.Deletion => _setup.Deletions == 0,
        _ => false,
    };

    /// <summary>What only metadata caches and addresses need isn't said: there are none here. That it is said, and holds up what comes after it, counts.</summary>
    private Step Bared(Step step)
    {
        if (!_setup.Reduced || _setup.Deletions > 0 || step.State.Outboxes.IsEmpty) return step;
        var outboxes = step.State.Outboxes;
        foreach (var (id, outbox) in outboxes)
        {
            var bare = outbox with { Metadata = outbox.Metadata.Clear(), BrokersChanged = outbox.BrokersChanged || !outbox.Metadata.IsEmpty, UnderWay = outbox.UnderWay is null ? null : Bared(outbox.UnderWay) };
            if (bare != outbox) outboxes = outboxes.SetItem(id, bare);
        }
        return step with { State = step.State with { Outboxes = outboxes }, Effects = [.. step.Effects.Select(e => e is Send send ? send with { Request = Bared(send.Request) } : e)] };
    }

    private static ControllerRequest Bared(ControllerRequest request) => request switch
    {
        UpdateMetadata told => told with { Partitions = [], Brokers = [] },
        LeaderAndIsr order => order with { Leaders = [] },
        _ => request,
    };

    /// <summary>News for a broker that obeyed the same controller before change nothing there; who has just started does nothing before it is told; and the dead won't answer.</summary>
    private bool NeedNotWait(RequestUnderWay r)
    {
        var broker = Broker(r.To);
        if (broker.Registration.Epoch != r.Request.BrokerEpoch) return false;
        return r.Request is UpdateMetadata ? broker.Seen.ControllerEpoch == r.Request.ControllerEpoch : r.Request is LeaderAndIsr && _data.Broker(r.To).State.Phase == ReplicaPhase.Offline && broker.Seen.ControllerEpoch <= r.Request.ControllerEpoch;
    }
}
