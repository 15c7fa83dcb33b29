using Reference.Coordination;
using Reference.Replication;
using Reference.Replication.Control;
using Reference.Replication.Replicas;
using Reference.Zab;

namespace Reference.Broker.Tracing;

/// <summary>The kinds of cores that a trace can keep.</summary>
public static class TracedCores
{
    /// <summary>The atomic broadcast. Header: <see cref="PeerSettings"/>, <see cref="Durable"/>.</summary>
    public static readonly TracedCore<NodeState, Zab.Input, Zab.Effect> Broadcast = new("broadcast",
        header => (Peer.Recover((Durable)header[1]), new Peer((PeerSettings)header[0]).Take),
        Sketch, NodeState.Invariants, NodeState.StepInvariants);

    /// <summary>The coordination service. Header: <see cref="Settings"/>, <see cref="ServiceState"/>.</summary>
    public static readonly TracedCore<ServerState, Coordination.Input, Coordination.Effect> Service = new("service",
        header => (new Server((Settings)header[0]).Begin((ServiceState)header[1]), new Server((Settings)header[0]).Take),
        Sketch, Invariants.OfServers, Invariants.OfSteps);

    /// <summary>One partition's replica. Header: <see cref="ReplicaIdentity"/>, <see cref="ReplicaState"/>.</summary>
    public static readonly TracedCore<ReplicaState, ReplicaInput, ReplicaEffect> OneReplica = new("replica",
        header => ((ReplicaState)header[1], new Replica(((ReplicaIdentity)header[0]).Me, ((ReplicaIdentity)header[0]).LagTimeMaxMs).Take),
        state => Fingerprint.Of(state), ReplicaInvariants.OfState, ReplicaInvariants.OfStep);

    /// <summary>A broker's controller. Header: <see cref="ControllerSettings"/>.</summary>
    public static readonly TracedCore<ControllerState, Replication.Control.Input, Replication.Control.Effect> OneController = new("controller",
        header => (ControllerState.Initial, new Controller((ControllerSettings)header[0]).Take),
        state => Fingerprint.Of(state), ControllerState.Invariants, ControllerState.StepInvariants);

    /// <summary>A broker's registration. Header: <see cref="RegistrarSettings"/>, <see cref="RegistrarState"/>.</summary>
    public static readonly TracedCore<RegistrarState, Replication.Control.Input, Replication.Control.Effect> Registration = new("registrar",
        header => ((RegistrarState)header[1], new Registrar((RegistrarSettings)header[0]).Take),
        state => Fingerprint.Of(state), [], []);

    /// <summary>All of them.</summary>
    public static readonly IReadOnlyList<ITracedCore> All = [Broadcast, Service, OneReplica, OneController, Registration];

    private static ulong Sketch(NodeState s)
    {
        var history = s.Durable.History;
        var fingerprint = new Fingerprint();
        fingerprint.Add(s with { Durable = s.Durable with { History = new(history.Last, []) }, Outstanding = Outstanding.None });
        fingerprint.Add(history.Base);
        fingerprint.Add(history.Entries.Count);
        fingerprint.Add(s.Outstanding.Writes.Count);
        fingerprint.Add(s.Outstanding.Abandoned);
        return fingerprint.Value;
    }

    private static ulong Sketch(ServerState s)
    {
        var fingerprint = new Fingerprint();
        fingerprint.Add((int)s.Role);
        fingerprint.Add(s.Epoch);
        fingerprint.Add(s.Leader);
        fingerprint.Add(s.Committed);
        fingerprint.Add(s.Connections.Count);
        fingerprint.Add(s.Attached.Count);
        fingerprint.Add(s.Watches.Count);
        fingerprint.Add(s.Heard.Count);
        fingerprint.Add(s.Leadership?.Proposed);
        fingerprint.Add(s.Leadership?.Outstanding.Count ?? 0);
        return fingerprint.Value;
    }
}

/// <summary>Which broker's replica it is, and what it was told.</summary>
public sealed record ReplicaIdentity(BrokerId Me, long LagTimeMaxMs);
