using Reference.Replication;
using Reference.Replication.Replicas;

namespace Reference.Systematic.World;

/// <summary>A fetch of an earlier term or life that is still on its way.</summary>
public sealed record LateFetch(BrokerId To, FetchAsked Fetch) : IFingerprinted
{
    /// <inheritdoc/>
    public void AddTo(ref Fingerprint f)
    {
        f.Add(To);
        f.Add(Fetch);
    }
}

/// <summary>A broker of a partition that is explored.</summary>
/// <param name="Place">Which, from 0.</param>
/// <param name="State">Its replica; what it will come back as, while it's down.</param>
/// <param name="Records">What its log holds.</param>
/// <param name="Lost">What a loss of power took from its log, from the offset <paramref name="LostFrom"/> on.</param>
/// <param name="IsRegistered">Whether the store has a registration of it.</param>
/// <param name="KeptTail">Whether it surely has all that it appended before it went down.</param>
/// <param name="Life">The epoch of its latest registration.</param>
/// <param name="Orders">What the controller has sent it, in order.</param>
/// <param name="ToStore">What it has asked of the store, in order.</param>
/// <param name="FromStore">What the store has answered, in order.</param>
/// <param name="Late">Fetches of earlier terms, still on their way.</param>
/// <param name="Sent">Without reductions: what it has asked its leader.</param>
/// <param name="Given">Without reductions: what its leader has answered.</param>
public sealed record IsrBroker(
    int Place, ReplicaState State, Sequence<GhostRecord> Records, Sequence<GhostRecord> Lost, long LostFrom, bool IsUp, bool IsRegistered, bool KeptTail, long Life,
    Sequence<PartitionState> Orders, Sequence<ReplicaEffect> ToStore, Sequence<ReplicaInput> FromStore, ImmutableArray<LateFetch> Late, IFingerprinted? Sent, IFingerprinted? Given) : IFingerprinted
{
    /// <summary>Its leader's place, if it follows one.</summary>
    public int Leader => State.Phase is ReplicaPhase.Fetching or ReplicaPhase.Truncating ? State.Partition!.Leader.Value - 1 : -1;

    /// <summary>The fetch that tells what it has.</summary>
    public FetchAsked Fetch => new(State.Partition!.LeaderEpoch, State.Log.End, new(Life));

    /// <summary>Whether it holds a record at an offset, or did until a loss of power took it.</summary>
    public bool Held(long offset, GhostRecord record) => At(Records, offset) == record || At(Lost, offset - LostFrom) == record;

    /// <inheritdoc/>
    public void AddTo(ref Fingerprint f)
    {
        f.Add(Place);
        f.Add(State);
        f.AddAll(Records);
        f.AddAll(Lost);
        f.Add(LostFrom);
        f.Add((IsUp ? 1 : 0) | (IsRegistered ? 2 : 0) | (KeptTail ? 4 : 0));
        f.Add(Life);
        f.AddAll(Orders);
        foreach (var asked in ToStore) Add(ref f, asked);
        f.Add(ToStore.Count);
        f.AddAll(FromStore);
        f.AddAll(Late);
        f.Add(Sent);
        f.Add(Given);
    }

    private static void Add(ref Fingerprint f, ReplicaEffect asked)
    {
        if (asked is not WriteIsr write)
        {
            f.Add(((ReadState)asked).LeaderEpoch);
            return;
        }
        f.Add(-2);
        f.Add(write.LeaderEpoch);
        f.Add(write.Isr);
        f.Add(write.Elr);
        f.Add(write.ExpectedVersion);
        f.Add(write.Joiner);
        f.Add(write.JoinerEpoch);
    }

    private static GhostRecord? At(Sequence<GhostRecord> records, long at) => at >= 0 && at < records.Count ? records[(int)at] : null;
}

/// <summary>What an input made of a broker.</summary>
/// <param name="Given">The answer to the fetch that the input was.</param>
/// <param name="Answered">Producers that were told of success.</param>
/// <param name="Write">The ISR write that it ordered.</param>
/// <param name="Refused">Why an order of the controller wasn't carried out.</param>
/// <param name="IsDeleted">Whether the log was deleted.</param>
/// <param name="Line">The step in a line.</param>
public sealed record IsrStep(IsrBroker Next, FetchGiven? Given, ImmutableArray<AnswerProduce> Answered, WriteIsr? Write, ReplicaError Refused, bool IsDeleted, Broken? Broken, string Line)
{
    /// <summary>One input: the real core's step, and its effects on the broker.</summary>
    public static IsrStep Of(IsrSetup setup, int i, IsrBroker broker, ReplicaInput input, Sequence<GhostRecord>? fetched)
    {
        var before = broker.State;
        var step = setup.Replicas[i].Take(before, input);
        var next = broker with { State = Timeless(step.State) };
        if (step.State.EnteredEpoch != before.EnteredEpoch) next = LeavesTerm(setup, broker, next);

        FetchGiven? given = null;
        WriteIsr? write = null;
        var (refused, isDeleted) = (ReplicaError.None, false);
        var answered = ImmutableArray.CreateBuilder<AnswerProduce>();
        foreach (var effect in step.Effects)
        {
            switch (effect)
            {
                case Append append:
                    next = next with { Records = next.Records.Add(new(append.Batch.Epoch, (int)append.Token)) };
                    break;
                case AppendFetched appended:
                    for (var r = 0; r < appended.End - appended.From; r++) next = next with { Records = next.Records.Add(fetched![r]) };
                    break;
                case Truncate truncate:
                    next = next with { Records = next.Records.RemoveLast(next.Records.Count - (int)truncate.End) };
                    break;
                case AnswerProduce { Error: ReplicaError.None } answer:
                    answered.Add(answer);
                    break;
                case AnswerFetch answer:
                    given = GivenTo(next, answer);
                    break;
                case WriteIsr order:
                    write = order;
                    next = next with { ToStore = next.ToStore.Add(order) };
                    break;
                case ReadState:
                    next = next with { ToStore = next.ToStore.Add(effect) };
                    break;
                case RefuseOrder refusal:
                    refused = refusal.Error;
                    break;
                case DeleteLog:
                    isDeleted = true;
                    next = next with { Records = [] };
                    break;
                case Fetch when !setup.Reduced:
                    next = next with { Sent = next.Fetch };
                    break;
                case AskEpochEnd ask when !setup.Reduced:
                    next = next with { Sent = new EpochEndAsked(ask.LeaderEpoch, ask.Epoch) };
                    break;
                default:
                    break;    // alarms may ring at any time; the rest the state already says
            }
        }
        return new(next, given, answered.DrainToImmutable(), write, refused, isDeleted, Judge(setup, i, before, step.State), setup.Tells ? $"{input}{(step.Ignored is null ? "" : $" (ignored: {step.Ignored})")}" : "");
    }

    /// <summary>What it has asked its leader may arrive later; an answer would be ignored.</summary>
    private static IsrBroker LeavesTerm(IsrSetup setup, IsrBroker before, IsrBroker next) =>
        next with { Late = Delayed(setup, before), Sent = null, Given = null };

    /// <summary>The fetches that are on their way once a broker leaves its term, or its life.</summary>
    public static ImmutableArray<LateFetch> Delayed(IsrSetup setup, IsrBroker broker)
    {
        var fetch = setup.Reduced ? broker.State.Phase == ReplicaPhase.Fetching ? broker.Fetch : null : broker.Sent as FetchAsked;
        return fetch is null ? broker.Late : broker.Late.Add(new(broker.State.Partition!.Leader, fetch));
    }

    /// <summary>A state without times: who lags is for the world to say.</summary>
    private static ReplicaState Timeless(ReplicaState s)
    {
        if (s.Lead is not { } lead) return s;
        foreach (var follower in lead.Followers)
            if (follower.CaughtUpMs != 0 || follower.FetchedMs != 0 || follower.LeaderEndAtFetch != 0)
                return s with { Lead = lead with { Followers = [.. lead.Followers.Select(f => f with { CaughtUpMs = 0, FetchedMs = 0, LeaderEndAtFetch = 0 })] } };
        return s;
    }

    /// <summary>The answer as the host gives it: the records that lie there, as one batch an epoch.</summary>
    private static FetchGiven GivenTo(IsrBroker leader, AnswerFetch answer)
    {
        var records = Sequence<GhostRecord>.Empty;
        var batches = ImmutableArray.CreateBuilder<Batch>();
        if (answer.Error == ReplicaError.None)
            for (var offset = answer.From; offset < answer.UpTo; offset++)
            {
                var record = leader.Records[(int)offset];
                records = records.Add(record);
                if (batches.Count > 0 && batches[^1].Epoch == record.Epoch) batches[^1] = batches[^1] with { LastOffset = offset };
                else batches.Add(new(record.Epoch, offset, offset));
            }
        return new(new(answer.LeaderEpoch, answer.From, answer.Error, answer.HighWatermark, answer.LogStart, batches.ToImmutable()), records);
    }

    private static Broken? Judge(IsrSetup setup, int i, ReplicaState before, ReplicaState after)
    {
        foreach (var invariant in ReplicaInvariants.OfState)
            if (setup.Judges(invariant.Rule) && !invariant.Holds(after)) return new(invariant.Rule, invariant.Claim, $"broker {i + 1}: {after}");
        foreach (var invariant in ReplicaInvariants.OfStep)
            if (setup.Judges(invariant.Rule) && !invariant.Holds((before, after))) return new(invariant.Rule, invariant.Claim, $"broker {i + 1}: {before} became {after}");
        return null;
    }
}
