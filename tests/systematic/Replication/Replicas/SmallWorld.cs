using Reference.Replication;
using Reference.Replication.Replicas;

namespace Reference.Systematic.Replication.Replicas;

/// <summary>Three replicas of one partition, links that deliver in order and may lose all they hold, a store, and a controller that always knows who is up. One seed, one run.</summary>
/// <remarks>At most one broker at a time has come back without its mark and not caught up again: what min.insync.replicas=2 promises to survive.</remarks>
internal sealed class SmallWorld
{
    private const int Brokers = 3;
    private readonly Replica[] _rules;
    private readonly Random _dice;
    private readonly ReplicaSettings _settings;
    private readonly GhostReplica[] _replicas = new GhostReplica[Brokers];
    private readonly long[] _life = new long[Brokers];
    private readonly (int, int) _slow;
    private readonly int[] _weights;
    private readonly bool[] _mark = new bool[Brokers];
    private readonly Dictionary<(int From, int To), Queue<object>> _links = [];
    private readonly Queue<StateTold>[] _orders = [new(), new(), new()];
    private readonly WriteIsr?[] _writes = new WriteIsr?[Brokers];
    private readonly bool[] _reads = new bool[Brokers];
    private readonly Dictionary<long, (long Base, int Value)> _produced = [];
    private readonly HashSet<long> _forAll = [];
    private readonly HashSet<(long Offset, GhostRecord Record)>[] _lost = [[], [], []];
    private GhostRecord[] _fetched = [];
    private readonly List<string> _trace = [];
    private readonly Dictionary<string, int> _reached = [];
    private PartitionState _stored = new(new(1), LeaderEpoch.First, [new(1), new(2), new(3)], [], 1, 0);
    private ImmutableSortedDictionary<LeaderEpoch, BrokerSet> _leaders = ImmutableSortedDictionary<LeaderEpoch, BrokerSet>.Empty;
    private Sequence<Promise> _acknowledged = [], _consumed = [];
    private long _farthestEnd, _lastEnd;
    private int _values, _now = 1;
    private long _lives;

    public SmallWorld(int seed, int minInSync, AcknowledgementPoint acknowledges, Func<BrokerId, Replica> rules)
    {
        _dice = new(seed);
        _settings = new(minInSync, acknowledges);
        _rules = [.. Enumerable.Range(1, Brokers).Select(n => rules(new(n)))];
        var slow = _dice.Next(Brokers);
        _slow = (slow, (slow + 1 + _dice.Next(Brokers - 1)) % Brokers);
        _weights = [.. Actions.Select(a => a.Weight * (_dice.Next(3) switch { 0 => 1, 1 => 4, _ => 12 }))];
        for (var b = 0; b < Brokers; b++)
        {
            _life[b] = ++_lives;
            _replicas[b] = new(_rules[b].Recover(ReplicaLog.Empty, _settings, cleanly: true), [], IsUp: true);
        }
        Tell();
    }

    public IReadOnlyDictionary<string, int> Reached => _reached;
    public string Trace => string.Join('\n', _trace);
    public ulong Fingerprint => Reference.Kernel.Fingerprint.Of(View());

    /// <summary>Runs so many steps; answers the first claim that fails, or null.</summary>
    public string? Run(int steps)
    {
        for (var n = 0; n < steps; n++)
        {
            var before = View();
            if (Act() is { } broken) return broken;
            var after = View();
            foreach (var invariant in Partition.Invariants) if (!invariant.Holds(after)) return invariant.ToString();
            foreach (var invariant in Partition.StepInvariants) if (!invariant.Holds((before, after))) return invariant.ToString();
            foreach (var goal in Partition.Goals) if (goal.Reached((before, after))) _reached[goal.Name] = _reached.GetValueOrDefault(goal.Name) + 1;
        }
        return null;
    }

    /// <summary>Whether, without further faults, everyone is in the ISR with all that the leader has.</summary>
    public bool Heals()
    {
        for (var b = 0; b < Brokers; b++) if (!_replicas[b].IsUp) ComeBack(b);
        for (var n = 0; n < 3000; n++)
        {
            if (Elect() is { } broken) throw new InvalidOperationException(broken);
            for (var b = 0; b < Brokers; b++)
            {
                if (_orders[b].Count > 0) Take(b, _orders[b].Dequeue());
                if (_writes[b] is not null) Write(b, answered: true);
                if (_reads[b]) Read(b);
                Take(b, new Flushed(_replicas[b].State.Log.End));
                if (n % 7 == 0) Take(b, new AlarmRang(ReplicaAlarm.Retry, _now));
                if (n % 7 == 0) Take(b, new AlarmRang(ReplicaAlarm.LagCheck, _now));
            }
            foreach (var link in _links.Keys.ToArray()) if (_links[link].Count > 0) Deliver(link);
            if (_stored.Isr.Count == Brokers && _replicas.All(r => r.State.Log.End == _replicas[_stored.Leader.Value - 1].State.Log.End && r.State.HighWatermark == r.State.Log.End)) return true;
        }
        return false;
    }

    /// <summary>How often each kind of thing happens; every run draws its own mixture.</summary>
    private static readonly (int Weight, Func<SmallWorld, int, string?> Act)[] Actions =
    [
        (40, (w, _) => w.DeliverOne()),
        (10, (w, b) => w._orders[b].Count > 0 && w._replicas[b].IsUp ? w.Take(b, w._orders[b].Dequeue()) : null),
        (9, (w, b) => w.Produce(b)),
        (5, (w, b) => w._writes[b] is not null ? w.Write(b, w._dice.Next(3) > 0) : w._reads[b] ? w.Read(b) : null),
        (4, (w, b) => w.Ring(b, ReplicaAlarm.LagCheck)),
        (5, (w, b) => w.Ring(b, ReplicaAlarm.Retry)),
        (2, (w, b) => w.Ring(b, ReplicaAlarm.Checkpoint)),
        (4, (w, b) => w._replicas[b].IsUp ? w.Take(b, new Flushed(w._replicas[b].State.Log.End)) : null),
        (4, (w, b) => w.Consume(b)),
        (2, (w, b) => w.Break(b)),
        (3, (w, b) => w._replicas[b].IsUp ? w.GoDown(b) : null),
        (4, (w, b) => w.ComeBack(b)),
        (4, (w, _) => w.Elect()),
        (2, (w, _) => w.Depose()),
    ];

    private string? Act()
    {
        var at = _dice.Next(_weights.Sum());
        var kind = 0;
        while (at >= _weights[kind]) at -= _weights[kind++];
        return Actions[kind].Act(this, _dice.Next(Brokers));
    }

    private string? Produce(int b)
    {
        if (!_replicas[b].IsUp || _values >= 60) return null;
        var acks = ++_values % 4 == 0 ? Acks.Leader : Acks.All;
        if (acks == Acks.All) _forAll.Add(_values);
        return Take(b, new ProduceReceived(_values, 1, acks));
    }

    private string? Ring(int b, ReplicaAlarm alarm) => _replicas[b].IsUp ? Take(b, new AlarmRang(alarm, _now + (_dice.Next(2) * 100))) : null;

    private string? Break(int b)
    {
        _links.Remove((b, _dice.Next(Brokers)));
        return null;
    }

    /// <summary>Delivers the first message of some link; one link of each run is slow.</summary>
    private string? DeliverOne()
    {
        var links = _links.Where(l => l.Value.Count > 0).Select(l => l.Key).OrderBy(l => l).ToArray();
        if (links.Length == 0) return null;
        var link = links[_dice.Next(links.Length)];
        return link == _slow && _dice.Next(12) > 0 ? null : Deliver(link);
    }

    private string? Take(int b, ReplicaInput input)
    {
        var before = _replicas[b].State;
        var step = _rules[b].Take(before, input);
        _trace.Add($"{b + 1} {input}{(step.Ignored is { } why ? $" (ignored: {why})" : "")}: {string.Join("; ", step.Effects)}");
        _replicas[b] = _replicas[b] with { State = step.State };
        foreach (var effect in step.Effects) if (Carry(b, effect) is { } broken) return broken;

        var after = step.State;
        if (after.Lead is not null) _leaders = _leaders.SetItem(after.Partition!.LeaderEpoch, _leaders.GetValueOrDefault(after.Partition.LeaderEpoch, BrokerSet.Empty).Add(new(b + 1)));
        foreach (var invariant in ReplicaInvariants.OfState) if (!invariant.Holds(after)) return invariant.ToString();
        foreach (var invariant in ReplicaInvariants.OfStep) if (!invariant.Holds((before, after))) return invariant.ToString();
        return null;
    }

    private string? Carry(int b, ReplicaEffect effect)
    {
        var replica = _replicas[b];
        var start = replica.State.Log.Start;
        switch (effect)
        {
            case Append a:
                _replicas[b] = replica with { Records = replica.Records.Add(new(a.Batch.Epoch, (int)a.Token)) };
                _produced[a.Token] = (a.Batch.BaseOffset, (int)a.Token);
                break;
            case AppendFetched:
                foreach (var record in _fetched) _replicas[b] = _replicas[b] with { Records = _replicas[b].Records.Add(record) };
                break;
            case Truncate t: _replicas[b] = replica with { Records = replica.Records.RemoveLast((int)(start + replica.Records.Count - t.End)) }; break;
            case TruncateFully: _replicas[b] = replica with { Records = [] }; break;
            case Fetch f: Send(b, f.Leader, new FetchReceived(new(b + 1), new(_life[b]), f.LeaderEpoch, f.From, _now)); break;
            case AskEpochEnd a: Send(b, a.Leader, a); break;
            case AnswerFetch a:
                var records = a.Error == ReplicaError.None ? Enumerable.Range(0, (int)Math.Min(2, a.UpTo - a.From)).Select(n => replica.At(a.From + n)!.Value).ToArray() : [];
                Send(b, a.Replica, (new FetchAnswered(a.LeaderEpoch, a.From, a.Error, a.HighWatermark, a.LogStart, [.. records.Select((r, n) => new Batch(r.Epoch, a.From + n, a.From + n))]), records));
                break;
            case WriteIsr w: _writes[b] = w; break;
            case ReadState: _reads[b] = true; break;
            case AnswerProduce { Error: ReplicaError.None } a:
                var (offset, value) = _produced[a.Token];
                if (_forAll.Contains(a.Token)) _acknowledged = _acknowledged.Add(Promised(b, offset, value, Math.Min(_settings.MinInSync, Brokers)));
                break;
        }
        return null;
    }

    private Promise Promised(int b, long offset, int value, int wanted)
    {
        var record = _replicas[b].At(offset) ?? new(LeaderEpoch.None, value);
        return new(offset, record, _replicas[b].State.Partition!.LeaderEpoch, Enumerable.Range(0, Brokers).Count(o => _replicas[o].At(offset) == record || _lost[o].Contains((offset, record))), wanted);
    }

    private string? Consume(int b)
    {
        var replica = _replicas[b];
        if (!replica.IsUp || replica.State.Lead is null) return null;

        // A leader that doesn't know that it was deposed tells old truths: only the latest is held to the farthest.
        var epoch = replica.State.Partition!.LeaderEpoch;
        if (epoch == _stored.LeaderEpoch && _rules[b].LatestOffset(replica.State, epoch) is { Error: ReplicaError.None } end)
        {
            _lastEnd = end.Offset;
            if (_lastEnd < _farthestEnd) return Partition.TheEndToldNeverGoesBack.ToString();
            _farthestEnd = _lastEnd;
        }
        for (var offset = (long)_consumed.Count; offset < _rules[b].ReadableUpTo(replica.State) && offset < replica.State.Log.End; offset++)
        {
            _consumed = _consumed.Add(Promised(b, offset, replica.At(offset)!.Value.Value, 1));
        }
        return null;
    }

    private void Send(int from, BrokerId to, object message)
    {
        var link = (from, to.Value - 1);
        if (!_links.TryGetValue(link, out var queue)) _links[link] = queue = new();
        queue.Enqueue(message);
    }

    private string? Deliver((int From, int To) link)
    {
        var message = _links[link].Dequeue();
        var (from, to) = link;
        if (!_replicas[to].IsUp) return null;
        switch (message)
        {
            case FetchReceived f: return Take(to, f with { NowMs = _now });
            case AskEpochEnd a:
                var answer = _rules[to].EpochEndOffset(_replicas[to].State, a.LeaderEpoch, a.Epoch);
                _trace.Add($"{to + 1} asked {a}: {answer}");
                Send(to, new(from + 1), new EpochEndAnswered(a.LeaderEpoch, a.Epoch, answer.Error, answer.End));
                return null;
            case EpochEndAnswered e: return Take(to, e);
            case (FetchAnswered f, GhostRecord[] records):
                _fetched = records;
                return Take(to, f);
            default: throw new InvalidOperationException($"{message}");
        }
    }

    private string? Write(int b, bool answered)
    {
        var w = _writes[b]!;
        _writes[b] = null;
        var alive = w.Joiner == BrokerId.None || (_replicas[w.Joiner.Value - 1].IsUp && _life[w.Joiner.Value - 1] == w.JoinerEpoch.Value);
        var took = alive && (w.ExpectedVersion == -1 || w.ExpectedVersion == _stored.Version) && (answered || _dice.Next(2) == 0);
        _trace.Add($"store {w}: {(took ? "taken" : "not taken")}{(answered ? "" : ", not answered")}");
        if (took) _stored = new(new(b + 1), w.LeaderEpoch, w.Isr, w.Elr, w.ControllerEpoch, _stored.Version + 1);
        if (!_replicas[b].IsUp) return null;
        return Take(b, took && answered ? new IsrWritten(w.LeaderEpoch, _stored.Version) : new IsrWriteFailed(w.LeaderEpoch));
    }

    private string? Read(int b)
    {
        _reads[b] = false;
        return _replicas[b].IsUp ? Take(b, new StateRead(_replicas[b].State.Partition!.LeaderEpoch, _stored)) : null;
    }

    private string? GoDown(int b)
    {
        var others = Enumerable.Range(0, Brokers).Where(o => o != b).ToArray();
        var cleanly = others.Any(o => !_replicas[o].IsUp || !_mark[o] && _replicas[o].State.MayLackRecords || !_stored.Isr.Contains(new(o + 1))) || _dice.Next(2) == 0;
        var replica = _replicas[b];
        var log = replica.State.Log;
        var end = cleanly || _dice.Next(3) == 0 ? log.End : _dice.NextInt64(Math.Max(log.Start, log.Flushed), log.End + 1);
        _trace.Add($"{b + 1} goes down {(cleanly ? "in order" : $"and keeps {end} of {log.End}")}");
        for (var offset = end; offset < log.End; offset++) _lost[b].Add((offset, replica.At(offset)!.Value));
        _mark[b] = cleanly;
        var kept = log with { End = end, Flushed = Math.Min(end, log.Flushed), CheckpointedHighWatermark = cleanly ? replica.State.HighWatermark : Math.Min(end, log.CheckpointedHighWatermark) };
        _replicas[b] = new(_rules[b].Recover(kept, _settings, cleanly), replica.Records.RemoveLast((int)(log.End - end)), IsUp: false);
        _orders[b].Clear();
        _reads[b] = false;
        foreach (var link in _links.Keys.Where(l => l.To == b).ToArray()) _links.Remove(link);
        return null;
    }

    private string? ComeBack(int b)
    {
        if (_replicas[b].IsUp) return null;
        BrokerId me = new(b + 1);
        _life[b] = ++_lives;
        _trace.Add($"{me} comes back");
        var told = _stored;
        if (_writes[b] is not null) Write(b, answered: false);      // its former session has ended: what that session wrote is settled
        _replicas[b] = _replicas[b] with { IsUp = true };
        if (!_mark[b])
        {
            var others = _stored.Isr.Union(_stored.Elr).Remove(me);
            var leads = _stored.Leader == me;
            _stored = _stored with
            {
                Isr = others.IsEmpty ? [me] : _stored.Isr.Remove(me),
                Elr = _stored.Elr.Remove(me),
                Leader = leads ? BrokerId.None : _stored.Leader,
                LeaderEpoch = leads ? _stored.LeaderEpoch.Next : _stored.LeaderEpoch,
                Version = _stored.Version + 1,
            };
            told = _stored;
        }
        Tell(told);             // a controller may not have noticed yet what a leader wrote
        return Elect();
    }

    /// <summary>The controller looks: a leader that is down is followed by someone of the ISR, or of those eligible.</summary>
    private string? Elect()
    {
        if (_stored.Leader != BrokerId.None && _replicas[_stored.Leader.Value - 1].IsUp) return null;
        var live = BrokerSet.Of(Enumerable.Range(0, Brokers).Where(b => _replicas[b].IsUp).Select(b => new BrokerId(b + 1)));
        var isr = BrokerSet.Of(_stored.Isr.Where(live.Contains));
        if (isr.IsEmpty && _stored.Elr.FirstOrDefault(live.Contains) is { Value: > 0 } eligible) isr = [eligible];
        if (isr.IsEmpty)
        {
            if (_stored.Leader == BrokerId.None) return null;
            _stored = _stored with { Leader = BrokerId.None, LeaderEpoch = _stored.LeaderEpoch.Next, Version = _stored.Version + 1 };
        }
        else
        {
            var elr = isr.Count >= _settings.MinInSync ? BrokerSet.Empty : _stored.Isr.Union(_stored.Elr).Except(isr);
            _stored = new(isr[_dice.Next(isr.Count)], _stored.LeaderEpoch.Next, isr, elr, 1, _stored.Version + 1);
        }
        Tell();
        return null;
    }

    /// <summary>The controller gives the lead to another member of the ISR, though the leader is up.</summary>
    private string? Depose()
    {
        var others = _stored.Isr.Remove(_stored.Leader).Where(o => _replicas[o.Value - 1].IsUp).ToArray();
        if (others.Length == 0) return null;
        _stored = _stored with { Leader = others[_dice.Next(others.Length)], LeaderEpoch = _stored.LeaderEpoch.Next, Version = _stored.Version + 1 };
        Tell();
        return null;
    }

    private void Tell() => Tell(_stored);

    private void Tell(PartitionState state)
    {
        _trace.Add($"store {state}");
        for (var b = 0; b < Brokers; b++) if (_replicas[b].IsUp) _orders[b].Enqueue(new(state, [new(1), new(2), new(3)], _now));
    }

    private Partition View() =>
        new([.. _replicas], _stored, _leaders, _acknowledged, _consumed, _farthestEnd, _lastEnd);
}
