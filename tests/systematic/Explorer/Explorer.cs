using System.Diagnostics;
using System.Numerics;
using Reference.Systematic.World;

namespace Reference.Systematic.Explorer;

/// <summary>Breadth-first search through every state of a model: to a fixpoint, to the nearest broken claim, or to a bound that it names.</summary>
/// <remarks>
/// States are told apart by their fingerprints alone (hash compaction, as in TLC and Spin: Stern and Dill, "Improved probabilistic verification by hash compaction", 1995); each costs 8 bytes in the set and 6 in
/// the record of how it was reached; only the frontier holds whole states. Workers take turns at a level's chunks; a level ends before the next begins, so every state is met at its least depth.
/// </remarks>
public static class Explorer
{
    private const int Chunk = 512;

    /// <summary>Explores <paramref name="model"/>.</summary>
    public static Exploration Run<TState>(IModel<TState> model, Bounds? bounds = null) => new Search<TState>(model, bounds ?? new()).Run();

    private struct Item<TState>
    {
        public TState State;
        public uint Number;
    }

    private sealed class Search<TState>
    {
        private readonly IModel<TState> _model;
        private readonly Bounds _bounds;
        private readonly StateSet _seen = new(18);
        private readonly Origins _origins = new();
        private readonly Worker[] _workers;
        private readonly Stopwatch _clock = Stopwatch.StartNew();
        private readonly ulong _mask;
        private List<Item<TState>[]> _level = [];
        private readonly System.Collections.Concurrent.ConcurrentBag<Item<TState>[]> _free = [];
        private int _next;
        private long _states, _peak;
        private int _depth;
        private volatile string? _stop;
        private (ulong Fingerprint, uint Number, Broken Broken)? _found;

        public Search(IModel<TState> model, Bounds bounds)
        {
            (_model, _bounds) = (model, bounds);
            _mask = bounds.FingerprintBits >= 64 ? ulong.MaxValue : (1ul << bounds.FingerprintBits) - 1;
            _workers = [.. Enumerable.Range(0, bounds.Workers > 0 ? bounds.Workers : Environment.ProcessorCount).Select(_ => new Worker(this))];
        }

        public Exploration Run()
        {
            var hash = new Fingerprint(0);
            var index = 0;
            foreach (var state in _model.Initial) _workers[0].Begin(state, index++);
            hash.Add(EndLevel());
            while (_level.Count > 0 && _found is null && _stop is null)
            {
                if (_depth >= _bounds.MaxDepth) { _stop = $"bound reached at depth {_depth}: as deep as asked"; break; }
                while (_next < _level.Count && _stop is null)
                {
                    if (_workers.Length == 1 || _level.Count == 1) _workers[0].Work();
                    else Parallel.ForEach(_workers, new ParallelOptions { MaxDegreeOfParallelism = _workers.Length }, w => w.Work());
                    if (IsFull) _seen.Grow();
                }
                if (_stop is not null) break;
                _depth++;
                hash.Add(EndLevel());
            }
            return Ledger(hash.Value);
        }

        private bool IsFull => Volatile.Read(ref _states) > _seen.Capacity / 2;

        /// <summary>The next level becomes this one; the sum of the fingerprints found in it, whoever found them.</summary>
        private ulong EndLevel()
        {
            foreach (var chunk in _level)
            {
                if (System.Runtime.CompilerServices.RuntimeHelpers.IsReferenceOrContainsReferences<TState>()) Array.Clear(chunk);
                _free.Add(chunk);
            }
            _level = [];
            _next = 0;
            ulong sum = 0;
            long frontier = 0;
            foreach (var worker in _workers) sum += worker.HandOver(_level, ref frontier);
            _peak = Math.Max(_peak, frontier);
            Watch(frontier);
            return sum;
        }

        private void Watch(long frontier) => _bounds.Watch?.Invoke(new(_depth, _states, _workers.Sum(w => w.Transitions), frontier, _clock.Elapsed.TotalSeconds));

        private void Check()
        {
            if (Volatile.Read(ref _states) >= _bounds.MaxStates) _stop = $"bound reached at depth {_depth}: {_bounds.MaxStates:N0} states";
            else if (GC.GetTotalMemory(false) > _bounds.MaxBytes) _stop = $"bound reached at depth {_depth}: {_bounds.MaxBytes >> 20:N0} MiB of memory";
        }

        private void Found(ulong fingerprint, uint number, Broken broken)
        {
            lock (_workers)
                if (_found is null || fingerprint < _found.Value.Fingerprint) _found = (fingerprint, number, broken);
        }

        private Exploration Ledger(ulong chain)
        {
            var seconds = _clock.Elapsed.TotalSeconds;
            var bits = Math.Min(64, _bounds.FingerprintBits);
            var violation = _found is { } found ? Way(found.Number, found.Broken) : null;
            return new(_states, _workers.Sum(w => w.Transitions), _depth, violation is null && _stop is null, violation is null ? _stop : null, seconds,
                Sums(_model.Kinds, w => w.Moves), Sums(_model.Goals, w => w.Reached), Sums(_model.Limits, w => w.Limits),
                Math.Min(1, (double)_states * _states / Math.Pow(2, bits + 1)), chain, _peak, violation);
        }

        private ImmutableSortedDictionary<string, long> Sums(IReadOnlyList<string> names, Func<Worker, long[]> counts) =>
            names.Select((name, i) => KeyValuePair.Create(name, _workers.Sum(w => counts(w)[i]))).ToImmutableSortedDictionary(StringComparer.Ordinal);

        /// <summary>Walks from a state back to where it came from, and then forward again to see the moves.</summary>
        private Violation Way(uint number, Broken broken)
        {
            var steps = new Stack<int>();
            for (; _origins.Of(number) is (var parent and not Origins.None, var step); number = parent) steps.Push(step);
            var initial = _origins.Of(number).Step;
            var state = _model.Initial.ElementAt(initial);
            var moves = ImmutableArray.CreateBuilder<Move>();
            foreach (var step in steps)
            {
                var taken = new Taken<TState>(step);
                _model.Expand(state, taken);
                moves.Add(taken.Move);
                state = taken.Next;
            }
            return new(initial, moves.ToImmutable(), broken);
        }

        /// <summary>One thread's part: it expands chunks of the level, and gathers what is new for the next.</summary>
        private sealed class Worker(Search<TState> search) : Successors<TState>
        {
            public readonly long[] Moves = new long[search._model.Kinds.Count];
            public readonly long[] Reached = new long[search._model.Goals.Count];
            public readonly long[] Limits = new long[search._model.Limits.Count];
            public long Transitions;
            private readonly List<Item<TState>[]> _full = [];
            private Item<TState>[] _open = [];
            private int _filled;
            private ulong _sum;
            private long _found, _counted;
            private uint _parent = Origins.None;
            private int _step;
            private uint _block, _blockEnd;

            public void Begin(TState state, int index)
            {
                _step = index;
                if (Enter(state, search._model.Fingerprint(state) & search._mask, out var number) && search._model.Judge(state) is { } broken) search.Found(0, number, broken);
                Count();
            }

            public void Work()
            {
                while (!search.IsFull && search._stop is null)
                {
                    var at = Interlocked.Increment(ref search._next) - 1;
                    if (at >= search._level.Count) return;
                    var chunk = search._level[at];
                    for (var i = 0; i < chunk.Length; i++)
                    {
                        if (chunk[i].Number == Origins.None) break;
                        (_parent, _step) = (chunk[i].Number, 0);
                        search._model.Expand(chunk[i].State, this);
                    }
                    Count();
                    if ((at & 63) != 0) continue;
                    search.Check();
                    search.Watch((long)(search._level.Count - at) * Chunk);
                }
            }

            public override void Add(Move move, in TState next, Broken? broken = null, ulong reached = 0)
            {
                Transitions++;
                Moves[move.Kind]++;
                for (; reached != 0; reached &= reached - 1) Reached[BitOperations.TrailingZeroCount(reached)]++;
                var fingerprint = search._model.Fingerprint(next) & search._mask;
                if (broken is not null)
                {
                    // An edge may break what its end doesn't show: it counts whether the end is new or not.
                    search.Found(fingerprint, Number(), broken);
                }
                else if (Enter(next, fingerprint, out var number) && search._model.Judge(next) is { } wrong) search.Found(fingerprint, number, wrong);
                _step++;
            }

            public override void Limited(int limit) => Limits[limit]++;

            /// <summary>Hands what was gathered over to the next level; the sum of its fingerprints.</summary>
            public ulong HandOver(List<Item<TState>[]> level, ref long frontier)
            {
                if (_filled > 0 && _filled < _open.Length) _open[_filled].Number = Origins.None;
                if (_filled > 0) _full.Add(_open);
                level.AddRange(_full);
                _full.Clear();
                (_open, _filled) = ([], 0);
                frontier += _found;
                _found = 0;
                var sum = _sum;
                _sum = 0;
                return sum;
            }

            private bool Enter(in TState state, ulong fingerprint, out uint number)
            {
                number = Origins.None;
                if (!search._seen.Add(fingerprint)) return false;
                number = Number();
                if (_filled == _open.Length)
                {
                    if (_open.Length > 0) _full.Add(_open);
                    _open = search._free.TryTake(out var free) ? free : new Item<TState>[Chunk];
                    _filled = 0;
                }
                _open[_filled++] = new() { State = state, Number = number };
                _sum += fingerprint;
                _found++;
                _counted++;
                return true;
            }

            private uint Number()
            {
                if (_block == _blockEnd) (_block, _blockEnd) = search._origins.Block();
                search._origins.Keep(_block, _parent, _step);
                return _block++;
            }

            private void Count()
            {
                Interlocked.Add(ref search._states, _counted);
                _counted = 0;
            }
        }
    }

    private sealed class Taken<TState>(int step) : Successors<TState>
    {
        private int _at;

        public Move Move { get; private set; }

        public TState Next { get; private set; } = default!;

        public override void Add(Move move, in TState next, Broken? broken = null, ulong reached = 0)
        {
            if (_at++ == step) (Move, Next) = (move, next);
        }

        public override void Limited(int limit)
        {
        }
    }

    /// <summary>For each state by number: from which state, and by its how-manieth successor, it was reached first.</summary>
    private sealed class Origins
    {
        public const uint None = uint.MaxValue;
        private const int BlockBits = 12;
        private readonly uint[]?[] _parents = new uint[1 << (32 - BlockBits)][];
        private readonly ushort[]?[] _steps = new ushort[1 << (32 - BlockBits)][];
        private int _blocks;

        public (uint From, uint To) Block()
        {
            var block = Interlocked.Increment(ref _blocks) - 1;
            _parents[block] = new uint[1 << BlockBits];
            _steps[block] = new ushort[1 << BlockBits];
            return ((uint)block << BlockBits, ((uint)block + 1) << BlockBits);
        }

        public void Keep(uint number, uint parent, int step)
        {
            _parents[number >> BlockBits]![number & ((1 << BlockBits) - 1)] = parent;
            _steps[number >> BlockBits]![number & ((1 << BlockBits) - 1)] = checked((ushort)step);
        }

        public (uint Parent, int Step) Of(uint number) => (_parents[number >> BlockBits]![number & ((1 << BlockBits) - 1)], _steps[number >> BlockBits]![number & ((1 << BlockBits) - 1)]);
    }
}
