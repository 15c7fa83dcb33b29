using Reference.Replication.Replicas;

namespace Reference.Systematic.World;

/// <summary>What may happen to a producer and its partition, and how often.</summary>
public sealed record ProducerSetup(int Records, int Breaks, int Refusals, int Failovers, int Restarts, ProducerRules Rules)
{
    /// <summary>The only claims to evaluate; all if empty.</summary>
    public ImmutableArray<string> Judged { get; init; } = [];

    /// <summary>How many batches are under way at most.</summary>
    public int InFlight { get; init; } = 3;
}

/// <summary>One idempotent producer, which sends several batches at once and all that wasn't acknowledged again; the real rules of the leader that takes them; a follower that copies, and leads when the leader is gone.</summary>
/// <remarks>
/// A connection keeps order. When it breaks, what is still on it may arrive all the same, until the next one breaks: its answers interest nobody. A leader may refuse a batch (too few in sync) and take the one behind it, if the rules let it.
/// A batch is acknowledged when it is copied. A failover takes what isn't; a restart takes what the leader knew of producers, but nothing of its log.
/// </remarks>
public sealed record ProducerWorld : IWorld<ProducerWorld>
{
    private const int Send = 0, Deliver = 1, Late = 2, Copy = 3, Break = 4, Refuse = 5, Fail = 6, Restart = 7;
    private const ulong Committed = 1, Repeated = 2, TurnedAway = 4, FailedOver = 8, ReadAnew = 16;

    /// <inheritdoc/>
    public static IReadOnlyList<string> Kinds { get; } = ["send", "deliver", "deliver late", "copy", "!break", "refuse", "!fail over", "!restart"];

    /// <inheritdoc/>
    public static IReadOnlyList<string> Goals { get; } = ["committed", "a repetition recognised", "a gap turned away", "failed over with an open batch", "read anew"];

    private readonly ProducerSetup _setup;
    private Producers _known = Producers.None;                          // what the leader knows
    private ImmutableArray<ProducerBatch> _log = [];
    private int _copied;
    private ImmutableArray<int> _flight = [], _late = [];               // on the connection, and on the one before it
    private ImmutableSortedSet<int> _taken = [], _acknowledged = [];    // not answered yet on this connection; told for good
    private int _next, _breaks, _refusals, _failovers, _restarts;

    /// <summary>Nothing sent yet.</summary>
    public ProducerWorld(ProducerSetup setup) => (_setup, _breaks, _refusals, _failovers, _restarts) = (setup, setup.Breaks, setup.Refusals, setup.Failovers, setup.Restarts);

    /// <inheritdoc/>
    public Broken? Broken { get; private init; }

    /// <inheritdoc/>
    public ulong Reached { get; private init; }

    /// <inheritdoc/>
    public IReadOnlyList<string> Trail { get; private init; } = [];

    /// <inheritdoc/>
    public void Moves(List<Move> moves)
    {
        if (CanSend) moves.Add(new(Send, 0));
        if (!_flight.IsEmpty)
        {
            moves.Add(new(Deliver, 1));
            if (_refusals > 0) moves.Add(new(Refuse, 1));
        }
        if (!_late.IsEmpty) moves.Add(new(Late, 1));
        if (_copied < _log.Length) moves.Add(new(Copy, 1));
        if (_breaks > 0 && _next > 0) moves.Add(new(Break, 0));
        if (_failovers > 0) moves.Add(new(Fail, 1));
        if (_restarts > 0 && !_log.IsEmpty) moves.Add(new(Restart, 1));
    }

    /// <inheritdoc/>
    public ProducerWorld? After(Move move) => move.Kind switch
    {
        Send when CanSend => this with { _flight = _flight.Add(_next), _next = _next + 1, Trail = [$"producer sends {_next}"] },
        Deliver when !_flight.IsEmpty => (this with { _flight = _flight.RemoveAt(0) }).Takes(_flight[0], isHeard: true),
        Late when !_late.IsEmpty => (this with { _late = _late.RemoveAt(0) }).Takes(_late[0], isHeard: false),
        Refuse when !_flight.IsEmpty && _refusals > 0 => this with { _flight = _flight.RemoveAt(0), _refusals = _refusals - 1, Trail = [$"leader refuses {_flight[0]}: too few in sync"] },
        Copy when _copied < _log.Length => Copies(),
        Break when _breaks > 0 && _next > 0 => (this with { _breaks = _breaks - 1, _late = _flight, Trail = ["the connection breaks; all that wasn't acknowledged is sent again"] }).Reconnects(),
        Fail when _failovers > 0 => FailsOver(),
        Restart when _restarts > 0 && !_log.IsEmpty => this with { _restarts = _restarts - 1, _known = _setup.Rules.Of(_log), Reached = Reached | ReadAnew, Trail = ["the leader restarts"] },
        _ => null,
    };

    /// <inheritdoc/>
    public ulong Fingerprint(ulong seed)
    {
        var f = new Fingerprint(seed);
        foreach (var batch in _log) f.Add(batch.FirstSequence);
        f.Add(_log.Length);
        f.Add(_copied);
        foreach (var (id, state) in _known.States)
        {
            f.Add(id);
            foreach (var batch in state.Batches) f.Add(batch.FirstSequence);
            f.Add(state.Batches.Length);
        }
        f.Add(_known.States.Count);
        Add(ref f, _flight);
        Add(ref f, _late);
        Add(ref f, _taken);
        Add(ref f, _acknowledged);
        f.Add(_next);
        f.Add(_breaks);
        f.Add(_refusals);
        f.Add(_failovers);
        f.Add(_restarts);
        return f.Value;
    }

    private static void Add(ref Fingerprint f, IReadOnlyCollection<int> numbers)
    {
        foreach (var number in numbers) f.Add(number);
        f.Add(numbers.Count);
    }

    private bool CanSend => _next < _setup.Records && _flight.Length + _taken.Count < _setup.InFlight;

    private int FirstOpen => Enumerable.Range(0, _next).FirstOrDefault(sequence => !_acknowledged.Contains(sequence), _next);

    /// <summary>A batch reaches the leader, which judges it by what it knows of its producer.</summary>
    private ProducerWorld Takes(int sequence, bool isHeard)
    {
        var batch = new ProducerBatch(1, 0, sequence, 1, _log.Length);
        var verdict = _setup.Rules.Judge(_known, batch, isWhole: true);
        if (verdict.Error != ReplicaError.None) return this with { Reached = Reached | TurnedAway, Trail = [$"leader: {sequence}: {verdict.Error}"] };
        if (verdict.Duplicate is { } there) return Repeats(sequence, (int)there.BaseOffset, isHeard);

        return (this with
        {
            _log = _log.Add(batch), _known = _known.With(batch), _taken = isHeard ? _taken.Add(sequence) : _taken, Trail = [$"leader appends {sequence} at {_log.Length}"],
        }).Judged();
    }

    private ProducerWorld Repeats(int sequence, int at, bool isHeard) => (this with
    {
        _acknowledged = isHeard && at < _copied ? _acknowledged.Add(sequence) : _acknowledged, _taken = isHeard && at >= _copied ? _taken.Add(sequence) : _taken, Reached = Reached | Repeated,
        Trail = [$"leader: {sequence} is there already, at {at}"],
    }).Judged();

    private ProducerWorld Copies()
    {
        var sequence = _log[_copied].FirstSequence;
        return (this with
        {
            _copied = _copied + 1, _acknowledged = _taken.Contains(sequence) ? _acknowledged.Add(sequence) : _acknowledged, _taken = _taken.Remove(sequence), Reached = Reached | Committed,
            Trail = [$"follower has {sequence}{(_taken.Contains(sequence) ? ", the producer is told" : "")}"],
        }).Judged();
    }

    /// <summary>The follower leads; it knows of producers what its own log says. Whatever was on its way to the old leader is lost.</summary>
    private ProducerWorld FailsOver() => (this with
    {
        _failovers = _failovers - 1, _log = _log[.._copied], _known = _setup.Rules.Of(_log[.._copied]), _late = [], Reached = Reached | (_acknowledged.Count < _next ? FailedOver : 0), Trail = [$"the follower leads, with {_copied} batches"],
    }).Reconnects().Judged();

    private ProducerWorld Reconnects() => this with { _flight = [.. Enumerable.Range(FirstOpen, _next - FirstOpen).Where(sequence => !_acknowledged.Contains(sequence))], _taken = [] };

    private ProducerWorld Judged() => this with
    {
        Broken = Judge(ProducerInvariants.OnceInOrder, _log) ?? Judge(ProducerInvariants.AcknowledgedIsThere, (_log, _acknowledged)),
    };

    private Broken? Judge<T>(Invariant<T> claim, T of) => (_setup.Judged.IsEmpty || _setup.Judged.Contains(claim.Rule)) && !claim.Holds(of)
        ? new(claim.Rule, claim.Claim, $"log {string.Join(' ', _log.Select(b => b.FirstSequence))}; acknowledged {string.Join(' ', _acknowledged)}") : null;
}
