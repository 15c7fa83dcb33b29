using Reference.Broker.Hosting;
using Reference.Zab;
using Service = Reference.Coordination;

namespace Reference.Broker.Ensemble;

/// <summary>Who sees the cores' steps: the invariants, if they are to be checked.</summary>
internal sealed partial class EnsembleLoop
{
    private IReadOnlyList<IStepObserver<NodeState, Input, Effect>> BroadcastObservers(Durable durable)
    {
        List<IStepObserver<NodeState, Input, Effect>> observers = [];
        if (_settings.CheckInvariants) observers.Add(new InvariantCheck<NodeState, Input, Effect>("broadcast", [], NodeState.StepInvariants));
        return observers;
    }

    private IReadOnlyList<IStepObserver<Service.ServerState, Service.Input, Service.Effect>> ServiceObservers(Service.ServiceState service)
    {
        List<IStepObserver<Service.ServerState, Service.Input, Service.Effect>> observers = [];
        return observers;
    }
}
