using Microsoft.Extensions.Logging;
using Reference.Broker.Configuration;
using Reference.Broker.Hosting;
using Reference.Replication;
using Reference.Replication.Control;

namespace Reference.Broker.Kafka.Cluster;

/// <summary>What the rest of the broker does when its registration changes.</summary>
/// <param name="Join">The cluster that the broker belongs to is known.</param>
/// <param name="Registered">It's registered under an epoch.</param>
/// <param name="Unregistered">It's registered no longer.</param>
/// <param name="MarkTailKept">The data folder is to be marked.</param>
internal sealed record RegistrationEvents(Action<string> Join, Action<BrokerEpoch> Registered, Action Unregistered, Action MarkTailKept);

/// <summary>This broker's registration core at work.</summary>
internal sealed class RegistrarHost
{
    private readonly MetadataCore<RegistrarState> _core;
    private readonly RegistrationEvents _events;
    private readonly ILogger _log;
    private readonly TaskCompletionSource _settled = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _refused = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public RegistrarHost(RegistrarSettings settings, RegistrarState initial, RegistrationEvents events, IClock clock, ILogger log, IReadOnlyList<IStepObserver<RegistrarState, Input, Effect>> observers)
    {
        (_events, _log) = (events, log);
        _core = new("registration", new(initial, new Registrar(settings).Take, observers), Run, clock, log);
    }

    /// <summary>What follows the session.</summary>
    public ISessionListener Listener => _core;

    /// <summary>Completes when the broker is registered for the first time.</summary>
    public Task Settled => _settled.Task;

    /// <summary>Runs until closed; faults with a <see cref="UserError"/> if the broker can't be registered.</summary>
    public async Task RunAsync() => await await Task.WhenAny([_core.RunAsync(), _refused.Task]).ConfigureAwait(false);

    /// <summary>Ends.</summary>
    public void Close() => _core.Close();

    private void Run(Effect effect)
    {
        switch (effect)
        {
            case JoinCluster join:
                Join(join.Id);
                break;
            case Registered registered:
                _log.LogInformation("registered, broker epoch {Epoch}", registered.Epoch);
                _events.Registered(registered.Epoch);
                _settled.TrySetResult();
                break;
            case Unregistered unregistered:
                _log.LogWarning("not registered: {Why}", unregistered.Why);
                _events.Unregistered();
                break;
            case MarkTailKept:
                _events.MarkTailKept();
                break;
            case Refuse refuse:
                _refused.TrySetException(new UserError(refuse.Why));
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(effect), effect, "not an effect of the registration");
        }
    }

    private void Join(string cluster)
    {
        try
        {
            _events.Join(cluster);
        }
        catch (UserError e)
        {
            _refused.TrySetException(e);
        }
    }
}
