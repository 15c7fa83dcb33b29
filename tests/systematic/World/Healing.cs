using Reference.Zab;

namespace Reference.Systematic.World;

/// <summary>What came of an ensemble once faults had stopped.</summary>
/// <param name="Rounds">Fair rounds until all served as one and had delivered a new transaction.</param>
/// <param name="TimeOuts">Long alarms that it took.</param>
/// <param name="Broken">The claim that fell, if one did: that it takes no more rounds than stated, or any other on the way.</param>
/// <param name="Story">What happened, round by round.</param>
/// <param name="World">The ensemble at the end.</param>
public sealed record Healed(int Rounds, int TimeOuts, Broken? Broken, IReadOnlyList<string> Story, ZabWorld World);

/// <summary>
/// Faults stop, and from then on the world is fair. A pure function of an ensemble in any state: whoever is down restarts, links come up, and round by round every queue delivers and every
/// write persists what it held when the round began; an alarm rings its number of rounds after it was last set. Until a leader is established, all serve as one, and a new transaction is delivered by all.
/// </summary>
/// <remarks>
/// The assumptions, in spec/invariants.md: a round is as long as the slowest message or sync. Alarms last as the host's do, in rounds instead of ticks, each as short as lets a healthy ensemble be.
/// It is the check for deadlock as well: an ensemble in which nothing but time could pass stays as it is, and is told so.
/// </remarks>
public static class Healing
{
    /// <summary>Rounds that an ensemble of three needed at most, wherever faults stopped; measured over every state and walk of the tests.</summary>
    public const int Needed = 50;

    /// <summary>Rounds after which an ensemble counts as one that doesn't heal: twice what was needed.</summary>
    public const int Limit = 2 * Needed;

    private static readonly int Deliver = Kind("deliver"), Persist = Kind("persist"), Connect = Kind("connect"), Propose = Kind("propose"), Ring = Kind("ring"), Restart = Kind("restart"), SnapDone = Kind("snapshot done");

    private static readonly int Alarms = Enum.GetValues<Alarm>().Length;

    /// <summary>Rounds from the setting of an alarm to its ring.</summary>
    public static int RoundsOf(Alarm alarm) => alarm switch
    {
        Alarm.ElectionResend or Alarm.ElectionSettles or Alarm.Heartbeat => 2,
        Alarm.QuorumCheck or Alarm.LeaderSilent => 6,
        _ => 12,
    };

    /// <summary>Heals: by the fixed schedule, or by one of many that are as fair, drawn from <paramref name="seed"/>.</summary>
    public static Healed Heal(ZabWorld world, ulong? seed = null, bool tell = false) => new Cure(world, seed, tell).Run();

    /// <summary>The claim as the explorer judges each state by it.</summary>
    public static Broken? Judge(ZabWorld world) => Heal(world).Broken;

    private static int Kind(string name) => ZabWorld.Kinds.ToList().IndexOf(name) is >= 0 and var kind ? kind : throw new InvalidOperationException($"no kind of move {name}");

    private sealed class Cure
    {
        private readonly ulong? _seed;
        private readonly List<string>? _story;
        private readonly int[] _due;
        private readonly List<Move> _round = [];
        private ZabWorld _world;
        private Draws _draws;
        private int _now, _timeOuts;
        private (int Epoch, Zxid Zxid)? _asked;

        public Cure(ZabWorld world, ulong? seed, bool tell)
        {
            (_seed, _draws, _story) = (seed, new(seed ?? 0), tell ? [] : null);
            _world = world with { Crashes = 0, Breaks = 0, Snapshots = 0, Proposals = 0 };
            _due = new int[world.Servers.Length * Alarms];
            for (var i = 0; i < world.Servers.Length; i++)
                for (var a = 0; a < Alarms; a++) _due[i * Alarms + a] = seed is null ? RoundsOf((Alarm)a) : _draws.Below(RoundsOf((Alarm)a) + 1);
        }

        public Healed Run()
        {
            while (_world.Broken is null && !IsHealed() && _now < Limit)
            {
                _now++;
                _story?.Add($"round {_now}");
                foreach (var move in Round()) Do(move);
                foreach (var move in RingsDue()) Do(move);
                Ask();
            }
            var broken = _world.Broken ?? (IsHealed() ? null : new Broken(Liveness.AllServeAsOne.Rule, Liveness.AllServeAsOne.Claim, $"not after {Limit} rounds: {string.Join("; ", _world.Servers.Select((s, i) => $"{i + 1} {(object?)s.State ?? "down"}"))}"));
            return new(_now, _timeOuts, broken, _story ?? [], _world);
        }

        /// <summary>What is owed in this round: all that waited at its beginning.</summary>
        private List<Move> Round()
        {
            _round.Clear();
            var n = _world.Servers.Length;
            for (var i = 0; i < n; i++)
                if (_world.Servers[i].State is null) _round.Add(new(Restart, i));
            for (var i = 0; i < n; i++)
                for (var j = 0; j < n; j++)
                {
                    for (var packets = j == i ? 0 : _world.Links.Queue(j, i).Count; packets > 0; packets--) _round.Add(new(Deliver, i, j));
                    if (j > i) _round.Add(new(Connect, i, j));
                }
            for (var i = 0; i < n; i++)
            {
                if (!_world.Servers[i].Pending.IsEmpty) _round.Add(new(Persist, i, 0, _world.Servers[i].Pending.Count));
                if (_world.Servers[i].Snapshot is not null) _round.Add(new(SnapDone, i));
            }
            return Shuffled(_round);
        }

        private List<Move> RingsDue()
        {
            _round.Clear();
            for (var i = 0; i < _world.Servers.Length; i++)
                for (var a = 0; a < Alarms; a++)
                    if ((_world.Servers[i].Alarms >> a & 1) != 0 && _due[i * Alarms + a] <= _now) _round.Add(new(Ring, i, 0, a));
            return Shuffled(_round);
        }

        private List<Move> Shuffled(List<Move> moves)
        {
            for (var at = _seed is null ? 0 : moves.Count - 1; at > 0; at--)
            {
                var with = _draws.Below(at + 1);
                (moves[at], moves[with]) = (moves[with], moves[at]);
            }
            return moves;
        }

        /// <summary>Once all serve as one, the leader is asked for one more transaction; again if its epoch ends before that is delivered by all.</summary>
        private void Ask()
        {
            if (StatesIfUp() is not { } states || Liveness.LeaderOfAll(states) is not { } leader || _asked?.Epoch == leader.Epoch) return;
            _world = _world with { Proposals = 1, Setup = _world.Setup with { Proposals = _world.Setup.Proposals + 1 } };
            Do(new(Propose, leader.Vote.Candidate.Value - 1));
            _asked = (leader.Epoch, _world.Servers[leader.Vote.Candidate.Value - 1].State!.LastZxid);
        }

        private bool IsHealed() => _asked is { } asked && StatesIfUp() is { } states && Liveness.AllServeAsOne.Holds(states) && states[0].Epoch == asked.Epoch && states[0].Delivered >= asked.Zxid;

        private NodeState[]? StatesIfUp()
        {
            var states = new NodeState[_world.Servers.Length];
            for (var i = 0; i < states.Length; i++)
            {
                if (_world.Servers[i].State is not { } state) return null;
                states[i] = state;
            }
            return states;
        }

        /// <summary>One move, if it still can happen. A server's alarms are laid aside meanwhile, so that what the move sets shows, also what was set before.</summary>
        private void Do(Move move)
        {
            if (_world.Broken is not null) return;
            var i = move.Owner;
            var before = _world.Servers[i];
            var isRing = move.Kind == Ring;
            if (isRing && ((before.Alarms >> move.Detail & 1) == 0 || _due[i * Alarms + move.Detail] > _now)) return;
            var rings = isRing ? 1 << move.Detail : 0;
            var aside = _world with { Servers = _world.Servers.SetItem(i, before with { Alarms = rings }) };
            if (aside.After(move) is not { } after) return;
            var set = after.Servers[i].Alarms;
            for (var a = 0; a < Alarms; a++)
                if ((set >> a & 1) != 0) _due[i * Alarms + a] = _now + RoundsOf((Alarm)a) + (_seed is null ? 0 : _draws.Below(2));
            if (isRing && RoundsOf((Alarm)move.Detail) > 2) _timeOuts++;
            _world = after with { Servers = after.Servers.SetItem(i, after.Servers[i] with { Alarms = before.Alarms & ~rings | set }) };
            if (_story is null) return;
            foreach (var line in after.Trail) _story.Add(line);
        }
    }
}
