using System.Buffers;
using MessagePack;
using Microsoft.Extensions.Logging;
using Reference.Broker.Configuration;
using Reference.Broker.Ensemble.Codecs;
using Reference.Zab;
using Service = Reference.Coordination;

namespace Reference.Broker.Ensemble;

/// <summary>Running the cores' effects.</summary>
internal sealed partial class EnsembleLoop
{
    /// <summary>Transactions kept at hand behind a snapshot, so that a follower that was away for a moment needs no whole snapshot.</summary>
    private const int RetainedTransactions = 1000;

    /// <summary>Bytes of log after which a snapshot is due, however few the transactions.</summary>
    private const long LargestLog = 32L << 20;

    private readonly ArrayBufferWriter<byte> _encoding = new();
    private readonly Queue<(Payload Payload, Service.Transaction Transaction)> _own = [];
    private readonly int _snapshotDue;
    private int _sinceSnapshot;
    private bool _takesSnapshot;
    private long _snapshotBytes;

    private void Take(Input input)
    {
        var step = _broadcast.Take(input);
        if (step.Ignored is { } why && _logger.IsEnabled(LogLevel.Debug)) _logger.LogDebug("{Input} ignored: {Why}", input, why);
        foreach (var effect in step.Effects) Run(effect);
    }

    private void Take(Service.Input input)
    {
        var step = _service.Take(input);
        if (step.Ignored is { } why && _logger.IsEnabled(LogLevel.Debug)) _logger.LogDebug("{Input} ignored: {Why}", input, why);
        foreach (var effect in step.Effects) Run(effect);
    }

    private void Run(Effect effect)
    {
        switch (effect)
        {
            case Send e:
                if (_links.TryGetValue(e.To, out var link)) link.Send(e.Message);
                break;
            case Persist e:
                _storage.Add(e.Write);
                break;
            case Deliver e:
                _sinceSnapshot++;
                Take(new Service.Delivered(e.Zxid.Value, TransactionOf(e.Txn)));
                break;
            case SetAlarm e:
                _alarms.Set(Boxed(e.Alarm), AlarmTimes.Of(e.Alarm, _settings));
                break;
            default:
                RunRare(effect);
                break;
        }
    }

    private void RunRare(Effect effect)
    {
        switch (effect)
        {
            case SendSnapshot e:
                var service = _service.State.Committed;
                if (_links.TryGetValue(e.To, out var learner)) learner.SendSnapshot(new(service.LastZxid), SnapshotCodec.Parts(service));
                break;
            case Disconnect e:
                _logger.LogInformation("closing the link to server {Peer}: {Why}", e.Peer, e.Why);
                if (_links.Remove(e.Peer, out var closing)) closing.Close(e.Why);
                break;
            case Restore e:
                _logger.LogInformation("the service becomes the leader's snapshot of {Zxid}, {Content}", e.Zxid, e.Content);
                Take(new Service.Restored(SnapshotCodec.Read(e.Content.Bytes)));
                break;
            case TakeSnapshot e:
                _ = TakeSnapshotAsync(e.Zxid, _service.State.Committed);
                break;
            case Activate e:
                _logger.LogInformation("epoch {Epoch} is established, led by server {Leader}", e.Epoch, e.Leader);
                Take(new Service.Activated(e.Epoch, new(e.Leader.Value), Now()));
                break;
            case Depose e:
                _logger.LogInformation("left the epoch: {Why}", e.Why);
                _own.Clear();
                _proposals.Clear();
                Take(new Service.Deposed());
                break;
            default:
                throw new InvalidOperationException($"no way to run {effect}");
        }
    }

    private void Run(Service.Effect effect)
    {
        switch (effect)
        {
            case Service.Propose e:
                Propose(e.Transaction);
                break;
            case Service.SendServer e:
                if (_links.TryGetValue(new(e.To.Value), out var link)) link.Send(e.Message);
                break;
            case Service.SetAlarm e:
                _alarms.Set(e.Alarm, e.InMs);
                break;
            default:
                if (!_clients.Run(effect)) throw new InvalidOperationException($"no way to run {effect}");
                break;
        }
    }

    /// <summary>The transaction waits until the effects of the step that brought it here are run; then the broadcast takes it.</summary>
    private void Propose(Service.Transaction transaction)
    {
        _encoding.ResetWrittenCount();
        var writer = new MessagePackWriter(_encoding);
        TransactionCodec.Write(ref writer, transaction);
        writer.Flush();
        var payload = new Payload(_encoding.WrittenSpan.ToArray());
        _proposals.Enqueue(payload);
        _own.Enqueue((payload, transaction));
    }

    /// <summary>What the log and the broadcast carried; a leader knows its own again without reading them.</summary>
    private Service.Transaction TransactionOf(Payload payload)
    {
        if (_own.TryPeek(out var own) && ReferenceEquals(own.Payload, payload))
        {
            _own.Dequeue();
            return own.Transaction;
        }
        var reader = new MessagePackReader(payload.Bytes);
        return TransactionCodec.Read(ref reader);
    }

    private void WantSnapshot()
    {
        if (_takesSnapshot || _service.State.Committed.LastZxid <= _broadcast.State.Durable.History.Base.Value) return;
        Take(new SnapshotWanted());
    }

    private async Task TakeSnapshotAsync(Zxid zxid, Service.ServiceState service)
    {
        _takesSnapshot = true;
        _sinceSnapshot = 0;
        _logger.LogInformation("writing a snapshot: {Service}", service);
        try
        {
            _snapshotBytes = await _storage.TakeSnapshotAsync(zxid, SnapshotCodec.Parts(service)).ConfigureAwait(false);
        }
        catch (IOException e)
        {
            _fault.TrySetException(e);
            return;
        }
        _takesSnapshot = false;
        _loop.Inbox.Post(new(null, new SnapshotTaken(zxid)));
    }

    /// <summary>Servers take turns: those of lower ids a little earlier, so that not all write their snapshots at once.</summary>
    private static int DueAfter(EnsembleSettings settings)
    {
        var rank = settings.Servers.Keys.TakeWhile(id => id != settings.MyId).Count();
        return (int)(settings.SnapCount * (0.5 + 0.5 * (rank + 1) / settings.Servers.Count));
    }

    private static readonly object[] BoxedAlarms = [.. Enum.GetValues<Alarm>().Cast<object>()];

    private static object Boxed(Alarm alarm) => BoxedAlarms[(int)alarm];
}
