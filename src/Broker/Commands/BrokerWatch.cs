using Reference.Broker.Configuration;
using Reference.Broker.Hosting;
using Reference.Broker.Kafka;
using Reference.Broker.Tracing;
using Reference.Replication.Control;
using Reference.Replication.Replicas;

namespace Reference.Broker.Commands;

/// <summary>What watches a broker's cores, as its options say: the trace, the check of invariants.</summary>
public sealed class BrokerWatch : IDisposable
{
    private readonly TraceWriter? _trace;
    private readonly bool _checks;

    /// <summary>Opens the trace, if there is to be one.</summary>
    /// <exception cref="UserError">It can't be written.</exception>
    public BrokerWatch(BrokerSettings settings)
    {
        _trace = settings.Trace is { } path ? TraceWriter.At(path) : null;
        _checks = settings.CheckInvariants;
        var identity = new ReplicaIdentity(new(settings.BrokerId), settings.ReplicaLagTimeMaxMs);
        Observers = new()
        {
            Replicas = (id, initial) => Of(TracedCores.OneReplica, id.ToString(), eachStep: false, identity, initial),
            Controller = (its, initial) => Of(TracedCores.OneController, "controller", eachStep: true, its, initial),
            Registrar = (its, initial) => Of(TracedCores.Registration, "registration", eachStep: true, its, initial),
            AfterBatch = _trace is null ? null : _trace.Flush,
        };
    }

    /// <summary>What a broker is given.</summary>
    public BrokerObservers Observers { get; }

    /// <inheritdoc/>
    public void Dispose() => _trace?.Dispose();

    private List<IStepObserver<TState, TInput, TEffect>> Of<TState, TInput, TEffect>(TracedCore<TState, TInput, TEffect> core, string name, bool eachStep, params object[] header)
        where TState : IFingerprinted
        where TInput : class
        where TEffect : class
    {
        List<IStepObserver<TState, TInput, TEffect>> observers = [];
        if (_trace is not null) observers.Add(_trace.Of(core, name, header));
        if (_trace is not null && eachStep) observers.Add(new Flushing<TState, TInput, TEffect>(_trace));
        if (_checks) observers.Add(new InvariantCheck<TState, TInput, TEffect>($"{core.Kind} {name}", core.OfNodes, core.OfSteps));
        return observers;
    }

    /// <summary>Lets the trace out after each step: cores that seldom step have no batches.</summary>
    private sealed class Flushing<TState, TInput, TEffect>(TraceWriter trace) : IStepObserver<TState, TInput, TEffect>
    {
        public void Stepped(TState before, TInput input, in Step<TState, TEffect> step) => trace.Flush();
    }
}
