using System.Runtime.CompilerServices;
using Reference.Systematic.World;
using Reference.Zab;

namespace Reference.Systematic.Explorer;

/// <summary>A state of an ensemble as a vector of numbers: servers, links, the onlooker's notes, the budgets.</summary>
[InlineArray(17)]
public struct ZabVector
{
    private int _first;
}

/// <summary>An ensemble for the explorer: the moves and claims of <see cref="ZabWorld"/>, over numbers in the place of objects.</summary>
/// <remarks>
/// Servers, links, messages and the onlooker's notes are interned; what a server makes of an input, a link of a message and the onlooker of a step is computed once and remembered, so that a state costs a few look-ups.
/// A state's fingerprint is the sum of its parts', each salted with its place, so it follows from the last one by what changed.
/// </remarks>
public sealed class ZabModel : IModel<ZabModel.State>
{
    /// <summary>A state and its fingerprint.</summary>
    public struct State
    {
        /// <summary>The parts.</summary>
        public ZabVector Parts;

        /// <summary>The fingerprint.</summary>
        public ulong Hash;
    }

    private sealed class Letter(Packet packet) : IFingerprinted
    {
        public readonly Packet Packet = packet;

        public void AddTo(ref Fingerprint fingerprint) => Packet.AddTo(ref fingerprint);
    }

    private sealed class Placed(ZabServer server, int place) : IFingerprinted
    {
        public readonly ZabServer Server = server;

        public void AddTo(ref Fingerprint fingerprint)
        {
            fingerprint.Add(place);
            Server.AddTo(ref fingerprint);
        }
    }

    /// <summary>What a step of a server comes to, in numbers.</summary>
    private sealed record Local(int Next, (int Peer, int Letter)[] Links, LocalStep Step, Broken? Broken, ulong Reached, int Sight);

    /// <summary>
    /// What the onlooker and the claims about all servers look at in a step: not how far each follower has come, nor what is under way to the disk, nor which links stand. Steps that are alike in this are noted alike;
    /// a claim that looks at more needs it here.
    /// </summary>
    private sealed class Sight(int node, LocalStep step) : IFingerprinted
    {
        public void AddTo(ref Fingerprint f)
        {
            var (before, input, taken) = step.Core!.Value;
            f.Add(node);
            f.Add(input);
            if (input is Persisted persisted)
                for (var w = 0; w < persisted.Count; w++) f.Add(before.Outstanding.Writes[w]);
            AddSeen(ref f, before);
            AddSeen(ref f, taken.State);
            f.AddAll(taken.Effects);
            f.Add(taken.Ignored is null);
        }

        private static void AddSeen(ref Fingerprint f, NodeState s)
        {
            f.Add(s.Durable);
            f.Add((int)s.Phase);
            f.Add(s.Delivered);
            f.Add(s.Committed);
            f.Add(s.Vote);
            f.Add(s.Round);
            f.Add(s.Following);
            f.Add(s.Leading is null);
            if (s.Leading is { } term)
            {
                f.Add(term.Epoch);
                f.Add(term.Initial);
            }
            foreach (var (server, ballot) in s.Ballots)
            {
                f.Add(server);
                f.Add(ballot);
            }
            f.Add(s.Ballots.Count);
        }
    }

    private sealed record Noted(int Next, Broken? Broken, ulong Reached);

    /// <summary>What one worker remembers.</summary>
    private sealed class Scratch
    {
        public readonly Memo<Local> Locals = new();
        public readonly Memo<int> LinkSteps = new();
        public readonly Memo<Noted> Notes = new();
        public readonly Memo<int> Joins = new();
        public readonly List<Move> Moves = [];
    }

    private const int Close = 0;
    private readonly ZabSetup _setup;
    private readonly Func<ZabWorld, Broken?>? _judge;
    private readonly Table<Placed> _servers;
    private readonly Table<Link> _links;
    private readonly Table<Letter> _letters;
    private readonly Table<Ensemble> _ghosts;
    private readonly Table<Sight> _sights;
    private readonly int _firstLink, _ghost, _budgets;
    private readonly State _initial;

    /// <summary>A model of <paramref name="setup"/>.</summary>
    /// <param name="judge">A claim about whole states, each asked once.</param>
    public ZabModel(ZabSetup setup, ulong seed = 0, Func<ZabWorld, Broken?>? judge = null)
    {
        if (setup.Grain == Grain.Whole) throw new ArgumentException("the grain of walks has no end: explore another", nameof(setup));
        if (setup.Servers > 5) throw new ArgumentException("at most 5 servers fit a vector", nameof(setup));
        (_setup, _judge) = (setup, judge);
        (_servers, _links, _letters, _ghosts, _sights) = (new(seed), new(seed), new(seed), new(seed), new(seed));
        _letters.Of(new(Packet.IsDown));    // number 0: closed
        _firstLink = setup.Servers;
        _ghost = _firstLink + setup.Servers * (setup.Servers - 1) / 2;
        _budgets = _ghost + 1;
        _initial = Of(ZabWorld.Start(setup));
    }

    /// <inheritdoc/>
    public IReadOnlyList<string> Kinds => ZabMoves.Kinds;

    /// <inheritdoc/>
    public IReadOnlyList<string> Goals => ZabWorld.Goals;

    /// <inheritdoc/>
    public IReadOnlyList<string> Limits => ZabMoves.Limits;

    /// <inheritdoc/>
    public IEnumerable<State> Initial => [_initial];

    /// <inheritdoc/>
    public ulong Fingerprint(in State state) => state.Hash;

    /// <summary>How many distinct servers, links, messages and notes were met.</summary>
    public string Sizes => $"{_servers.Count:N0} servers, {_links.Count:N0} links, {_letters.Count:N0} messages, {_ghosts.Count:N0} ghosts, {_sights.Count:N0} sights";

    /// <inheritdoc/>
    public void Expand(in State state, Successors<State> to)
    {
        var scratch = (Scratch)(to.Scratch ??= new Scratch());
        var frame = new Frame(this, scratch, state);
        if (ZabMoves.LimitOf(ref frame) is { } limit)
        {
            to.Limited(limit);
            return;
        }
        var moves = scratch.Moves;
        moves.Clear();
        ZabMoves.Moves(ref frame, moves);
        if (frame.Budgets.Proposals == 0 && _setup.Proposals > 0) to.Limited(2);
        if (frame.Budgets.Crashes == 0 && _setup.Crashes > 0) to.Limited(3);
        if (frame.Budgets.Breaks == 0 && _setup.Breaks > 0) to.Limited(4);
        if (frame.Budgets.TimeOuts == 0 && _setup.TimeOuts > 0) to.Limited(5);
        foreach (var move in moves)
        {
            var next = new Frame(this, scratch, state);
            if (!ZabMoves.Take(ref next, move)) throw new InvalidOperationException($"{move} was offered, and then refused");
            to.Add(move, next.Parts, next.Broken, next.Reached);
        }
    }

    /// <inheritdoc/>
    public Broken? Judge(in State state) => _judge?.Invoke(World(state));

    /// <summary>The world that a state stands for.</summary>
    public ZabWorld World(in State state)
    {
        var parts = state.Parts;
        var budgets = ZabBudgets.Of(parts[_budgets]);
        var servers = ImmutableArray.CreateBuilder<ZabServer>();
        for (var i = 0; i < _setup.Servers; i++) servers.Add(_servers[parts[i]].Server);
        var links = ImmutableArray.CreateBuilder<Link>();
        for (var l = _firstLink; l < _ghost; l++) links.Add(_links[parts[l]]);
        return new(_setup, servers.ToImmutable(), new(_setup.Servers, links.ToImmutable()), budgets.Crashes, budgets.Breaks, budgets.Proposals, budgets.Snapshots, _ghosts[parts[_ghost]], budgets.Round, budgets.Leader, budgets.TimeOuts);
    }

    /// <summary>The state that stands for a world.</summary>
    public State Of(ZabWorld world)
    {
        var state = new State();
        for (var i = 0; i < _setup.Servers; i++) state.Parts[i] = _servers.Of(new(world.Servers[i], i));
        for (var l = 0; l < world.Links.All.Length; l++) state.Parts[_firstLink + l] = _links.Of(world.Links.All[l]);
        state.Parts[_ghost] = _ghosts.Of(ZabWorld.Kept(_setup.Grain, world.Ghost));
        state.Parts[_budgets] = new ZabBudgets(world.Crashes, world.Breaks, world.Proposals, world.Snapshots, world.Round, world.Leader, world.TimeOuts).Packed;
        for (var part = 0; part <= _budgets; part++) state.Hash += HashOf(part, state.Parts[part]);
        return state;
    }

    /// <summary>The part of a state's fingerprint that <paramref name="number"/> at <paramref name="part"/> brings.</summary>
    private ulong HashOf(int part, int number)
    {
        var hash = part < _firstLink ? _servers.HashOf(number) : part < _ghost ? _links.HashOf(number) : part == _ghost ? _ghosts.HashOf(number) : (ulong)number;
        hash = (hash ^ ((ulong)part + 1) * 0xD1342543DE82EF95) * 0xBF58476D1CE4E5B9;
        hash = (hash ^ (hash >> 29)) * 0x94D049BB133111EB;
        return hash ^ (hash >> 32);
    }

    /// <summary>A state while a move is taken.</summary>
    private struct Frame(ZabModel model, Scratch scratch, State from) : IZabFrame
    {
        public State Parts = from;
        public Broken? Broken;
        public ulong Reached;

        public readonly ZabSetup Setup => model._setup;

        public ZabBudgets Budgets
        {
            readonly get => ZabBudgets.Of(Parts.Parts[model._budgets]);
            set => Set(model._budgets, value.Packed);
        }

        public readonly ZabServer Server(int i) => model._servers[Parts.Parts[i]].Server;

        public readonly Link Link(int a, int b) => model._links[Parts.Parts[Place(a, b)]];

        public bool Deliver(int to, int from)
        {
            var place = Place(to, from);
            var before = Parts.Parts[place];
            var end = Links.End(to, from);
            var packet = model._links[before].Queue(end)[0];
            if (!scratch.LinkSteps.TryGet(Key(before, 1, end), out var after)) scratch.LinkSteps.Keep(Key(before, 1, end), after = model._links.Of(model._links[before].Taken(end)));
            Set(place, after);
            // The link's number and end say which packet was first, so they stand for it.
            var key = Key(Parts.Parts[to], 64 + from, LetterOf(before, end, packet));
            if (!scratch.Locals.TryGet(key, out var local)) local = Kept(key, to, Server(to).Take(Setup, to, ZabWorld.InputOf(packet, from)));
            Apply(to, local);
            return local.Links.Length > 0;
        }

        public void Do(int i, LocalMove move, int number)
        {
            var key = Key(Parts.Parts[i], 32 + (int)move, number);
            if (!scratch.Locals.TryGet(key, out var local)) local = Kept(key, i, Server(i).After(Setup, i, move, number));
            Apply(i, local);
        }

        public void Joins(int i, bool joined)
        {
            if (Server(i).Joined == joined) return;
            var key = Key(Parts.Parts[i], 4, joined ? 1 : 0);
            if (!scratch.Joins.TryGet(key, out var next)) scratch.Joins.Keep(key, next = model._servers.Of(new(Server(i) with { Joined = joined }, i)));
            Set(i, next);
        }

        public void OnLink(int a, int b, LinkMove move, int detail)
        {
            var place = Place(a, b);
            var key = Key(Parts.Parts[place], 8 + (int)move, detail);
            if (!scratch.LinkSteps.TryGet(key, out var next)) scratch.LinkSteps.Keep(key, next = model._links.Of(ZabWorld.After(Link(a, b), move, detail)));
            Set(place, next);
        }

        private readonly int Place(int a, int b) => model._firstLink + Links.Place(a, b);

        private static ulong Key(int number, int what, int detail) => (ulong)(uint)number << 32 | (ulong)(uint)what << 24 | (uint)detail;

        private void Set(int part, int number)
        {
            ref var there = ref Parts.Parts[part];
            if (there == number) return;
            Parts.Hash += model.HashOf(part, number) - model.HashOf(part, there);
            there = number;
        }

        private readonly int LetterOf(int link, int end, Packet packet)
        {
            var key = Key(link, 2, end);
            if (!scratch.LinkSteps.TryGet(key, out var letter)) scratch.LinkSteps.Keep(key, letter = model._letters.Of(new(packet)));
            return letter;
        }

        private readonly Local Kept(ulong key, int i, LocalStep step)
        {
            var links = new (int, int)[step.Links.Length];
            for (var l = 0; l < links.Length; l++) links[l] = (step.Links[l].Peer, step.Links[l].Message is { } message ? model._letters.Of(new(new Packet.Carries(message))) : Close);
            var broken = step.Core is var (before, input, taken) ? ZabWorld.Judge(Setup, i, before, input, taken) : null;
            var local = new Local(model._servers.Of(new(step.Next, i)), links, step, broken, step.Lost > 0 ? ZabWorld.LostWrites : 0, IsNoted(step) ? model._sights.Of(new(i, step)) : -1);
            scratch.Locals.Keep(key, local);
            return local;
        }

        /// <summary>Whether the onlooker may note anything in a step: of others it would keep nothing, and no claim about all servers could change.</summary>
        private static bool IsNoted(LocalStep step) => step.Core is var (before, input, taken)
            && (input is not Received || taken.Ignored is null)
            && (input is Started or Persisted or SnapshotTaken or AlarmRang || input is Received { Message: not (Ping or Pong) } || taken.Effects.Length > 0 || before.Phase != taken.State.Phase || before.Round != taken.State.Round);

        private void Apply(int i, Local local)
        {
            Set(i, local.Next);
            foreach (var (peer, letter) in local.Links)
            {
                var place = Place(i, peer);
                var end = Links.End(i, peer);
                var key = Key(Parts.Parts[place], 16 + end, letter);
                if (!scratch.LinkSteps.TryGet(key, out var next))
                {
                    var link = Link(i, peer);
                    next = model._links.Of(letter == Close ? link.Close(end) : link.Send(end, ((Packet.Carries)model._letters[letter].Packet).Message));
                    scratch.LinkSteps.Keep(key, next);
                }
                Set(place, next);
            }
            Broken ??= local.Broken;
            Reached |= local.Reached;
            if (local.Sight < 0) return;
            var ghost = Parts.Parts[model._ghost];
            var noteKey = (ulong)(uint)ghost << 32 | ((uint)local.Sight + 1);
            if (!scratch.Notes.TryGet(noteKey, out var noted)) scratch.Notes.Keep(noteKey, noted = Note(i, ghost, local));
            Set(model._ghost, noted.Next);
            Broken ??= noted.Broken;
            Reached |= noted.Reached;
        }

        private readonly Noted Note(int i, int ghost, Local local)
        {
            var (before, input, step) = local.Step.Core!.Value;
            var after = model._ghosts[ghost].After(new(i + 1), before, input, step);
            return new(model._ghosts.Of(ZabWorld.Kept(Setup.Grain, after)), ZabWorld.Judge(Setup, i, after, step.State), ZabWorld.GoalsOf(after));
        }
    }
}
