namespace Reference.Coordination;

public sealed partial record Chronicle
{
    /// <summary>The replicated log is the specification's.</summary>
    [Rule("COORD-INV-17")]
    public static readonly Invariant<Chronicle> TransactionsDoWhatTheirRequestsAsk = Claim("COORD-INV-17",
        "a transaction does what its request asks of the service as all transactions before it left it, wholly or not at all, and is refused for the specified reason");

    /// <summary>One order of all writes and syncs, that everyone's clock agrees with.</summary>
    [Rule("COORD-INV-18")]
    public static readonly Invariant<Chronicle> WritesAndSyncsAreLinearizable = Claim("COORD-INV-18",
        "a write takes its place in the log between its request and its answer, after all that anyone was shown before it was asked, and is answered as of there; a sync is answered where all of that is applied");

    /// <summary>A read shows what was once true, whole.</summary>
    [Rule("COORD-INV-19")]
    public static readonly Invariant<Chronicle> ReadsShowTheirPlace = Claim("COORD-INV-19",
        "a plain read shows the service as it was after the transaction that its answer names");

    /// <summary>What a client saw and watches is what there is, until it's told.</summary>
    [Rule("COORD-INV-20")]
    public static readonly Invariant<Chronicle> ChangesAreToldToWhoWatches = Claim("COORD-INV-20",
        "a client that watches a znode is told of its change before it's answered as of then or later, on whichever server");

    /// <summary>A client that is heard of in time keeps its session, whichever server hears it.</summary>
    [Rule("COORD-INV-22")]
    public static readonly Invariant<Chronicle> WhoIsHeardInTimeIsNotExpired = Claim("COORD-INV-22",
        "where reports reach the leader within a heartbeat, no session is expired whose client was never silent for its time-out");

    /// <summary>The claims about what clients asked and were told.</summary>
    public static readonly ImmutableArray<Invariant<Chronicle>> Invariants =
        [TransactionsDoWhatTheirRequestsAsk, WritesAndSyncsAreLinearizable, ReadsShowTheirPlace, ChangesAreToldToWhoWatches, WhoIsHeardInTimeIsNotExpired];

    private static Invariant<Chronicle> Claim(string rule, string claim) => new(rule, claim, c => !c.Wrong.ContainsKey(rule));
}
