using Reference.Broker.Configuration;
using Reference.Broker.Hosting;
using Reference.Broker.Kafka;
using Reference.Broker.Tracing;
using Reference.Replication.Replicas;

namespace Reference.Broker.Commands;

/// <summary>What watches a broker's cores, as its options say: the trace, the check of invariants.</summary>
public sealed class BrokerWatch : IDisposable
{
    private readonly TraceWriter? _trace;

    /// <summary>Opens the trace, if there is to be one.</summary>
    /// <exception cref="UserError">It can't be written.</exception>
    public BrokerWatch(BrokerSettings settings)
    {
        _trace = settings.Trace is { } path ? TraceWriter.At(path) : null;
        var identity = new ReplicaIdentity(new(settings.BrokerId), settings.ReplicaLagTimeMaxMs);
        Observers = new()
        {
            Replicas = (id, initial) =>
            {
                var observers = new List<IStepObserver<ReplicaState, ReplicaInput, ReplicaEffect>>();
                if (settings.CheckInvariants) observers.Add(new InvariantCheck<ReplicaState, ReplicaInput, ReplicaEffect>($"replica {id}", ReplicaInvariants.OfState, ReplicaInvariants.OfStep));
                if (_trace is not null) observers.Add(_trace.Of(TracedCores.OneReplica, id.ToString(), identity, initial));
                return observers;
            },
        };
    }

    /// <summary>What a broker is given.</summary>
    public BrokerObservers Observers { get; }

    /// <inheritdoc/>
    public void Dispose() => _trace?.Dispose();
}
