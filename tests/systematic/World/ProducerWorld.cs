using Reference.Replication.Replicas;

namespace Reference.Systematic.World;

/// <summary>What may happen to a producer and its partition, and how often.</summary>
public sealed record ProducerSetup(int Records, int Breaks, int Refusals, int Failovers, int Restarts, ProducerRules Rules)
{
    /// <summary>How often the producer is begun anew, in its next epoch, while the former one goes on without knowing.</summary>
    public int Renewals { get; init; }

    /// <summary>The only claims to evaluate; all if empty.</summary>
    public ImmutableArray<string> Judged { get; init; } = [];

    /// <summary>How many batches are under way at most.</summary>
    public int InFlight { get; init; } = 3;
}

/// <summary>One idempotent producer, which sends several batches at once and all that wasn't acknowledged again; the real rules of the leader that takes them; a follower that copies, and leads when the leader is gone.</summary>
/// <remarks>
/// A connection keeps order. When it breaks, what is still on it may arrive all the same, until the next one breaks: its answers interest nobody. A leader may refuse a batch (too few in sync) and take the one behind it, if the rules let it.
/// A producer that is begun anew (InitProducerId) has a later epoch and numbers from 0; what the former one had under way, and the next that it would send, may still reach whoever leads, at any time: it doesn't know that it was replaced.
/// The first batch holds nearly all sequence numbers that there are, so that the second goes over their end.
/// A batch is acknowledged when it is copied. A failover takes what isn't; a restart takes what the leader knew of producers, but nothing of its log.
/// </remarks>
public sealed record ProducerWorld : IWorld<ProducerWorld>
{
    private const int Send = 0, Deliver = 1, Late = 2, Copy = 3, Break = 4, Refuse = 5, Fail = 6, Restart = 7, Renew = 8, OfFormer = 9;
    private const ulong Committed = 1, Repeated = 2, TurnedAway = 4, FailedOver = 8, ReadAnew = 16, WentRound = 32, Renewed = 64, FormerWrote = 128, Fenced = 256;

    /// <inheritdoc/>
    public static IReadOnlyList<string> Kinds { get; } = ["send", "deliver", "deliver late", "copy", "!break", "refuse", "!fail over", "!restart", "!renew", "deliver of the former"];

    /// <inheritdoc/>
    public static IReadOnlyList<string> Goals { get; } = ["committed", "a repetition recognised", "a gap turned away", "failed over with an open batch", "read anew", "went over the last number", "a later epoch wrote", "the former one wrote before", "the former one fenced"];

    private readonly ProducerSetup _setup;
    private Producers _known = Producers.None;                          // what the leader knows
    private ImmutableArray<ProducerBatch> _log = [];
    private int _copied;
    private ImmutableArray<int> _flight = [], _late = [], _former = []; // on the connection; on the one before it; of the former producer
    private ImmutableSortedSet<int> _taken = [], _acknowledged = [];    // of this epoch: not answered yet on this connection; told for good
    private ImmutableArray<(short Epoch, int First)> _told = [];        // told to the former producer
    private int _next, _breaks, _refusals, _failovers, _restarts, _renewals;
    private short _epoch;

    /// <summary>Nothing sent yet.</summary>
    public ProducerWorld(ProducerSetup setup) => (_setup, _breaks, _refusals, _failovers, _restarts, _renewals) = (setup, setup.Breaks, setup.Refusals, setup.Failovers, setup.Restarts, setup.Renewals);

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
        if (_renewals > 0 && _next > 0) moves.Add(new(Renew, 0));
        if (!_former.IsEmpty) moves.Add(new(OfFormer, 1));
    }

    /// <inheritdoc/>
    public ProducerWorld? After(Move move) => move.Kind switch
    {
        Send when CanSend => this with { _flight = _flight.Add(_next), _next = _next + 1, Trail = [$"producer sends {_next}"] },
        Deliver when !_flight.IsEmpty => (this with { _flight = _flight.RemoveAt(0) }).Takes(_epoch, _flight[0], isHeard: true),
        Late when !_late.IsEmpty => (this with { _late = _late.RemoveAt(0) }).Takes(_epoch, _late[0], isHeard: false),
        Refuse when !_flight.IsEmpty && _refusals > 0 => this with { _flight = _flight.RemoveAt(0), _refusals = _refusals - 1, Trail = [$"leader refuses {_flight[0]}: too few in sync"] },
        Copy when _copied < _log.Length => Copies(),
        Break when _breaks > 0 && _next > 0 => (this with { _breaks = _breaks - 1, _late = _flight, Trail = ["the connection breaks; all that wasn't acknowledged is sent again"] }).Reconnects(),
        Fail when _failovers > 0 => FailsOver(),
        Restart when _restarts > 0 && !_log.IsEmpty => this with { _restarts = _restarts - 1, _known = _setup.Rules.Of(_log), Reached = Reached | ReadAnew, Trail = ["the leader restarts"] },
        Renew when _renewals > 0 && _next > 0 => Renews(),
        OfFormer when !_former.IsEmpty => (this with { _former = _former.RemoveAt(0) }).Takes((short)(_epoch - 1), _former[0], isHeard: false),
        _ => null,
    };

    /// <inheritdoc/>
    public ulong Fingerprint(ulong seed)
    {
        var f = new Fingerprint(seed);
        foreach (var batch in _log) f.Add(Key(batch));
        f.Add(_log.Length);
        f.Add(_copied);
        foreach (var (id, state) in _known.States)
        {
            f.Add(id);
            f.Add(state.Epoch);
            foreach (var batch in state.Batches) f.Add(Key(batch));
            f.Add(state.Batches.Length);
        }
        f.Add(_known.States.Count);
        Add(ref f, _flight);
        Add(ref f, _late);
        Add(ref f, _former);
        Add(ref f, _taken);
        Add(ref f, _acknowledged);
        foreach (var (epoch, first) in _told) f.Add(((long)epoch << 32) | (uint)first);
        f.Add(_told.Length);
        f.Add(_epoch);
        f.Add(_renewals);
        f.Add(_next);
        f.Add(_breaks);
        f.Add(_refusals);
        f.Add(_failovers);
        f.Add(_restarts);
        return f.Value;
    }

    private static long Key(ProducerBatch batch) => ((long)batch.Epoch << 32) | (uint)batch.FirstSequence;

    private static void Add(ref Fingerprint f, IReadOnlyCollection<int> numbers)
    {
        foreach (var number in numbers) f.Add(number);
        f.Add(numbers.Count);
    }

    private bool CanSend => _next < _setup.Records && _flight.Length + _taken.Count < _setup.InFlight;

    private int FirstOpen => Enumerable.Range(0, _next).FirstOrDefault(number => !_acknowledged.Contains(number), _next);

    /// <summary>The sequence number that a producer's batch begins with: those of the first go up to the last but one that there is, the second goes over the end, the others hold one each.</summary>
    private static int FirstOf(int number) => number switch { 0 => 0, 1 => int.MaxValue, _ => number - 1 };

    private static int RecordsOf(int number) => number switch { 0 => int.MaxValue, 1 => 2, _ => 1 };

    private static int NumberOf(ProducerBatch batch) => batch.Records switch { int.MaxValue => 0, 2 => 1, _ => batch.FirstSequence + 1 };

    private static string Name(int epoch, int number) => epoch == 0 ? $"{number}" : $"{number} of epoch {epoch}";

    /// <summary>A batch reaches the leader, which judges it by what it knows of its producer.</summary>
    private ProducerWorld Takes(short epoch, int number, bool isHeard)
    {
        var batch = new ProducerBatch(1, epoch, FirstOf(number), RecordsOf(number), _log.Length);
        var verdict = _setup.Rules.Judge(_known, batch, isWhole: true);
        if (verdict.Error != ReplicaError.None)
            return this with { Reached = Reached | TurnedAway | (verdict.Error == ReplicaError.InvalidProducerEpoch ? Fenced : 0), Trail = [$"leader: {Name(epoch, number)}: {verdict.Error}"] };
        if (verdict.Duplicate is { } there) return Repeats(number, (int)there.BaseOffset, isHeard);

        return (this with
        {
            _log = _log.Add(batch), _known = _known.With(batch), _taken = isHeard ? _taken.Add(number) : _taken, Trail = [$"leader appends {Name(epoch, number)} at {_log.Length}"],
            Reached = Reached | (number == 1 ? WentRound : 0) | (epoch > 0 ? Renewed : 0) | (epoch < _epoch ? FormerWrote : 0),
        }).Judged();
    }

    private ProducerWorld Repeats(int number, int at, bool isHeard) => (this with
    {
        _acknowledged = isHeard && at < _copied ? _acknowledged.Add(number) : _acknowledged, _taken = isHeard && at >= _copied ? _taken.Add(number) : _taken, Reached = Reached | Repeated,
        Trail = [$"leader: {number} is there already, at {at}"],
    }).Judged();

    private ProducerWorld Copies()
    {
        var batch = _log[_copied];
        var (number, isTold) = (NumberOf(batch), batch.Epoch == _epoch && _taken.Contains(NumberOf(batch)));
        return (this with
        {
            _copied = _copied + 1, _acknowledged = isTold ? _acknowledged.Add(number) : _acknowledged, _taken = isTold ? _taken.Remove(number) : _taken, Reached = Reached | Committed,
            Trail = [$"follower has {Name(batch.Epoch, number)}{(isTold ? ", the producer is told" : "")}"],
        }).Judged();
    }

    /// <summary>The producer is begun anew; the former one has everything that it wasn't told of under way, and its next batch.</summary>
    private ProducerWorld Renews() => this with
    {
        _renewals = _renewals - 1, _epoch = (short)(_epoch + 1), _told = [.. _told, .. _acknowledged.Select(number => (_epoch, FirstOf(number)))],
        _former = [.. Enumerable.Range(FirstOpen, Math.Min(_next + 1, _setup.Records) - FirstOpen).Where(number => !_acknowledged.Contains(number))],
        _next = 0, _flight = [], _late = [], _taken = [], _acknowledged = [], Trail = [$"the producer is begun anew, in epoch {_epoch + 1}"],
    };

    /// <summary>The follower leads; it knows of producers what its own log says. Whatever was on its way to the old leader is lost.</summary>
    private ProducerWorld FailsOver() => (this with
    {
        _failovers = _failovers - 1, _log = _log[.._copied], _known = _setup.Rules.Of(_log[.._copied]), _late = [], Reached = Reached | (_acknowledged.Count < _next ? FailedOver : 0), Trail = [$"the follower leads, with {_copied} batches"],
    }).Reconnects().Judged();

    private ProducerWorld Reconnects() => this with { _flight = [.. Enumerable.Range(FirstOpen, _next - FirstOpen).Where(number => !_acknowledged.Contains(number))], _taken = [] };

    private ProducerWorld Judged() => this with
    {
        Broken = Judge(ProducerInvariants.FencedStaysOut, _log) ?? Judge(ProducerInvariants.OnceInOrder, _log)
            ?? Judge(ProducerInvariants.AcknowledgedIsThere, (_log, [.. _told, .. _acknowledged.Select(number => (_epoch, FirstOf(number)))])),
    };

    private Broken? Judge<T>(Invariant<T> claim, T of) => (_setup.Judged.IsEmpty || _setup.Judged.Contains(claim.Rule)) && !claim.Holds(of)
        ? new(claim.Rule, claim.Claim, $"log {string.Join(", ", _log.Select(b => Name(b.Epoch, NumberOf(b))))}; acknowledged {string.Join(' ', _acknowledged)}") : null;
}
