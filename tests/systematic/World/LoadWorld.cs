using Reference.Replication;
using Reference.Replication.Replicas;

namespace Reference.Systematic.World;

/// <summary>A leader under load, with a clock, and a follower that fetches in each half of replica.lag.time.max.ms and takes all that is there: the real core of the leader.</summary>
public sealed record LoadWorld : IWorld<LoadWorld>
{
    /// <summary>replica.lag.time.max.ms here, in ticks.</summary>
    public const long LagTicks = 4;

    private const int Tick = 0, Produce = 1, Fetch = 2;
    private const ulong Advanced = 1, BehindAtFetch = 2;

    /// <inheritdoc/>
    public static IReadOnlyList<string> Kinds { get; } = ["tick", "produce", "fetch"];

    /// <inheritdoc/>
    public static IReadOnlyList<string> Goals { get; } = ["high watermark advanced", "behind at a fetch"];

    private readonly Replica _rules;
    private readonly bool _isJudged;
    private ReplicaState _leader;
    private long _now, _fetched, _has;
    private int _ticks, _produced;

    /// <summary>Elected at time 0.</summary>
    public LoadWorld(Func<BrokerId, long, Replica> rules, int ticks, bool isJudged)
    {
        (_rules, _ticks, _isJudged) = (rules(new(1), LagTicks), ticks, isJudged);
        var both = BrokerSet.Of([new(1), new(2)]);
        _leader = _rules.Take(_rules.Recover(ReplicaLog.Empty, new(1), cleanly: true), new StateTold(new(new(1), LeaderEpoch.First, both, BrokerSet.Empty, 1, 0), both, 0)).State;
    }

    /// <inheritdoc/>
    public Broken? Broken { get; private init; }

    /// <inheritdoc/>
    public ulong Reached { get; private init; }

    /// <inheritdoc/>
    public IReadOnlyList<string> Trail { get; private init; } = [];

    /// <inheritdoc/>
    public void Moves(List<Move> moves)
    {
        if (CanTick) moves.Add(new(Tick, 0));
        if (_produced == 0) moves.Add(new(Produce, 0));
        if (_fetched < _now) moves.Add(new(Fetch, 1));
    }

    /// <inheritdoc/>
    public LoadWorld? After(Move move) => move.Kind switch
    {
        Tick when CanTick => (this with { _now = _now + 1, _ticks = _ticks - 1, _produced = 0, Trail = [$"time {_now + 1}"] }).Takes(new AlarmRang(ReplicaAlarm.LagCheck, _now + 1)),
        Produce when _produced == 0 => (this with { _produced = 1, Trail = ["a record"] }).Takes(new ProduceReceived(_now, 1, Acks.None)),
        Fetch when _fetched < _now => (this with { _fetched = _now, _has = _leader.Log.End, Reached = Reached | (_has < _leader.Log.End ? BehindAtFetch : 0), Trail = [$"fetch from {_has}"] })
            .Takes(new FetchReceived(new(2), new(1), LeaderEpoch.First, _has, _now)),
        _ => null,
    };

    /// <inheritdoc/>
    public ulong Fingerprint(ulong seed)
    {
        var f = new Fingerprint(seed);
        f.Add(_leader);
        f.Add(_now);
        f.Add(_fetched);
        f.Add(_has);
        f.Add(_ticks);
        f.Add(_produced);
        return f.Value;
    }

    /// <summary>The follower has fetched within half the lag time.</summary>
    private bool CanTick => _ticks > 0 && _now - _fetched < LagTicks / 2;

    private LoadWorld Takes(ReplicaInput input)
    {
        var step = _rules.Take(_leader, input);
        var expelled = step.Effects.OfType<WriteIsr>().Any(w => !w.Isr.Contains(new(2)));
        var seen = new FollowerUnderLoad(TakesAll: true, expelled);
        return this with
        {
            _leader = step.State, Reached = Reached | (step.State.HighWatermark > _leader.HighWatermark ? Advanced : 0),
            Broken = !_isJudged || FollowerUnderLoad.WhoTakesAllStays.Holds(seen) ? null
                : new(FollowerUnderLoad.WhoTakesAllStays.Rule, FollowerUnderLoad.WhoTakesAllStays.Claim, $"at {_now} it is expelled; it fetched at {_fetched}, and had {_has} of {_leader.Log.End}"),
        };
    }
}
