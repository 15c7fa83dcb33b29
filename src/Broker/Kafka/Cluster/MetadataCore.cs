using Microsoft.Extensions.Logging;
using Reference.Broker.Hosting;
using Reference.Broker.ZooKeeper.Client;
using Reference.Replication.Control;

namespace Reference.Broker.Kafka.Cluster;

/// <summary>A core that lives on the metadata store, on one thread of control: the controller's, or the registration's.</summary>
/// <remarks>What the store answers to orders of an earlier connection is dropped: the core was told that the connection was lost.</remarks>
internal sealed class MetadataCore<TState> : ISessionListener
{
    private const int AnyMark = -1;

    private readonly Core<TState, Input, Effect> _core;
    private readonly Action<Effect> _run;
    private readonly EventLoop<(int Mark, Input Input, ZooKeeperClient? Client)> _loop;
    private readonly MetadataStore _store;
    private readonly Alarms<Alarm> _alarms;
    private readonly ILogger _log;
    private readonly string _name;
    private ZooKeeperClient? _client;
    private int _mark;

    /// <param name="name">What logs call it.</param>
    /// <param name="core">The core.</param>
    /// <param name="run">Runs an effect that isn't for the store and sets no alarm.</param>
    /// <param name="clock">The clock.</param>
    /// <param name="log">The log.</param>
    public MetadataCore(string name, Core<TState, Input, Effect> core, Action<Effect> run, IClock clock, ILogger log)
    {
        (_name, _core, _run, _log) = (name, core, run, log);
        _loop = new(int.MaxValue, Take, () => { });
        _store = new((mark, input) => _loop.Inbox.Post((mark, input, null)), key => Post(new Changed(key)), clock, log);
        _alarms = new(clock, alarm => Post(new AlarmRang(alarm)));
    }

    /// <summary>The core's state. Only for the loop itself.</summary>
    public TState State => _core.State;

    /// <summary>Runs until closed; faults if an input can't be taken.</summary>
    public async Task RunAsync()
    {
        // Whichever fails ends the broker; the other wouldn't end by itself.
        await await Task.WhenAny([_loop.RunAsync(), _store.RunAsync()]).ConfigureAwait(false);
    }

    /// <summary>Gives the core an input.</summary>
    public void Post(Input input) => _loop.Inbox.Post((AnyMark, input, null));

    /// <summary>No more inputs.</summary>
    public void Close()
    {
        _loop.Inbox.Close();
        _store.Close();
        _alarms.Dispose();
    }

    /// <inheritdoc/>
    public void OnConnected(ZooKeeperClient client) => _loop.Inbox.Post((AnyMark, new Connected(client.SessionId), client));

    /// <inheritdoc/>
    public void OnDisconnected() => Post(new Disconnected());

    /// <inheritdoc/>
    public void OnExpired() => Post(new Expired());

    private void Take((int Mark, Input Input, ZooKeeperClient? Client) item)
    {
        if (item.Mark != AnyMark && item.Mark != _mark) return;
        if (item.Input is Connected or Disconnected or Expired)
        {
            _mark++;
            _client = item.Client ?? _client;
        }
        var step = _core.Take(item.Input);
        if (_log.IsEnabled(LogLevel.Debug)) Log(item.Input, step);
        foreach (var effect in step.Effects) Run(effect);
    }

    private void Run(Effect effect)
    {
        switch (effect)
        {
            case Watch or Read or List or Write:
                _store.Run(_client!, _mark, effect);
                break;
            case SetAlarm set:
                _alarms.Set(set.Alarm, set.AfterMs);
                break;
            default:
                _run(effect);
                break;
        }
    }

    private void Log(Input input, Step<TState, Effect> step)
    {
        if (step.Ignored is { } why) _log.LogDebug("{Name}: {Input}: ignored: {Why}", _name, input, why);
        else _log.LogDebug("{Name}: {Input}: {Effects}", _name, input, string.Join(" | ", step.Effects));
    }
}
