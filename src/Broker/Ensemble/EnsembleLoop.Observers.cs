using Reference.Broker.Hosting;
using Reference.Broker.Tracing;
using Reference.Zab;
using Service = Reference.Coordination;

namespace Reference.Broker.Ensemble;

/// <summary>Who sees the cores' steps: the invariants, if they are to be checked, and the trace, if one is kept.</summary>
internal sealed partial class EnsembleLoop
{
    private List<IStepObserver<NodeState, Input, Effect>> ObserversOf(PeerSettings settings, Durable durable, IStepObserver<NodeState, Input, Effect>? onlooker)
    {
        List<IStepObserver<NodeState, Input, Effect>> observers = [];
        if (onlooker is not null) observers.Add(onlooker);
        if (_trace is not null) observers.Add(_trace.Of(TracedCores.Broadcast, settings.Self.ToString(), settings, durable));
        if (_settings.CheckInvariants) observers.Add(new InvariantCheck<NodeState, Input, Effect>("broadcast", [], NodeState.StepInvariants));
        return observers;
    }

    private List<IStepObserver<Service.ServerState, Service.Input, Service.Effect>> ObserversOf(Service.Settings settings, Service.ServiceState service)
    {
        List<IStepObserver<Service.ServerState, Service.Input, Service.Effect>> observers = [];
        if (_trace is not null) observers.Add(_trace.Of(TracedCores.Service, settings.Me.ToString(), settings, service));
        if (_settings.CheckInvariants) observers.Add(new InvariantCheck<Service.ServerState, Service.Input, Service.Effect>("service", [], Service.Invariants.OfSteps));
        return observers;
    }
}
