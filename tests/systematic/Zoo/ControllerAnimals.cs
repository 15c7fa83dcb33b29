using Reference.Replication;
using Reference.Replication.Control;

namespace Reference.Systematic.Zoo;

/// <summary>E1. What an old controller decides is written, whoever was elected since. Source: KAFKA-5642, KAFKA-6082.</summary>
public class TwoControllers(ControllerSettings settings) : Controller(settings)
{
    /// <inheritdoc/>
    protected override ImmutableArray<MetadataOperation> Fence(ControllerState s) => [];

    /// <summary>And what it says is obeyed.</summary>
    public class Obeyed : ControllerFence
    {
        /// <inheritdoc/>
        protected override bool IsOfEarlierController(ControllerSeen seen, int controllerEpoch) => false;
    }
}

/// <summary>E2. A broker that is there again has been there all the time: numbers are compared, not registrations. Source: KAFKA-7235, KIP-380.</summary>
public class BouncedBrokerUnnoticed(ControllerSettings settings) : Controller(settings)
{
    /// <inheritdoc/>
    protected override bool IsSameLife(RegisteredBroker known, RegisteredBroker found) => true;
}

/// <summary>E3. A request that was overtaken is obeyed when it comes after all. Source: KIP-570, KAFKA-9539.</summary>
public class StopReplicaLate : ControllerFence
{
    /// <inheritdoc/>
    protected override bool CameLate(ControllerSeen seen, int controllerEpoch, int correlation) => false;
}

/// <summary>E4. The watch is set after the read: what changes between the two is never heard of.</summary>
public class WatchThenRead(ControllerSettings settings) : Controller(settings)
{
    /// <inheritdoc/>
    protected override ImmutableArray<Effect> WatchAndRead(Watch watch, Effect read) => [read, watch];
}

/// <summary>E13. A broker takes the registration of its former session for that of the present one. Source: KAFKA-1387, KAFKA-7165.</summary>
public class OldEphemeralTakenForOwn(RegistrarSettings settings) : Registrar(settings)
{
    /// <inheritdoc/>
    protected override bool IsOwn(RegistrarState s, MetadataNode node) => true;
}
