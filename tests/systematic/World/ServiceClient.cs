using Reference.Coordination;
using Reference.Systematic.Coordination;

namespace Reference.Systematic.World;

/// <summary>What a client's watch is set on; it decides how it is set again elsewhere.</summary>
public enum WatchedAs
{
    /// <summary>A znode that is there.</summary>
    Data,
    /// <summary>A znode that isn't there.</summary>
    Exist,
}

/// <summary>A client as the libraries are: it keeps its session and its watches, remembers the last zxid it saw, and shows all of it where it comes next.</summary>
/// <remarks>What is sent to it arrives at once: that what is still on its way is lost when it turns away is the same as turning away before it is sent.</remarks>
public sealed record ServiceClient : IFingerprinted
{
    /// <summary>The server it's connected to; of no meaning without a connection.</summary>
    public int Server { get; init; }

    /// <summary>Its connection; none while it has none.</summary>
    public ConnectionId Connection { get; init; }

    /// <summary>Whether its session was confirmed there.</summary>
    public bool IsOpen { get; init; }

    /// <summary>Its session; none if it has none, or lost it.</summary>
    public SessionId Session { get; init; }

    /// <summary>That session's password.</summary>
    public Blob Password { get; init; }

    /// <summary>The greatest zxid it was answered with.</summary>
    public long Seen { get; init; }

    /// <summary>How often it has connected since it got its first session.</summary>
    public int Connects { get; init; }

    /// <summary>How many requests it has numbered.</summary>
    public int Xid { get; init; }

    /// <summary>Whether its watches must be set again before anything else.</summary>
    public bool MustSetWatches { get; init; }

    /// <summary>What it asked and wasn't answered.</summary>
    public Sequence<Pending> Waiting { get; init; } = [];

    /// <summary>What it watches.</summary>
    public ImmutableSortedDictionary<string, WatchedAs> Watches { get; init; } = ImmutableSortedDictionary.Create<string, WatchedAs>(StringComparer.Ordinal);

    /// <summary>The last sequential path that it was given.</summary>
    public string? Given { get; init; }

    /// <summary>Without its connection; what it waited for on it, it will never know.</summary>
    public ServiceClient Parted() => this with { Connection = ConnectionId.None, IsOpen = false, MustSetWatches = false, Waiting = [] };

    /// <summary>What it learns from something sent to it.</summary>
    public ServiceClient Hears(Effect effect) => effect switch
    {
        AnswerConnect { TimeoutMs: > 0 } e => this with { Session = e.Session, Password = e.Password, IsOpen = true, MustSetWatches = !Watches.IsEmpty },
        AnswerConnect => Forgotten(),
        Reply e => Answered(e),
        Notify { Type: not WatchEventType.ChildrenChanged } e => this with { Watches = Watches.Remove(e.Path) },
        Close => Parted(),
        _ => this,
    };

    /// <summary>The request that sets its watches again.</summary>
    public SetWatchesRequest Again() => Requests.SetWatches(Seen, [.. Watches.Where(w => w.Value == WatchedAs.Data).Select(w => w.Key)], [.. Watches.Where(w => w.Value == WatchedAs.Exist).Select(w => w.Key)]);

    private ServiceClient Answered(Reply e)
    {
        var next = this with { Seen = Math.Max(Seen, e.Zxid) };
        if (Waiting.IsEmpty || Waiting[0].Xid != e.Xid) return next;
        next = (Waiting[0].Request, e.Result) switch
        {
            (GetDataRequest { Watch: true } r, DataResult) => next with { Watches = Watches.SetItem(r.Path, WatchedAs.Data) },
            (ExistsRequest { Watch: true } r, StatResult) => next with { Watches = Watches.SetItem(r.Path, WatchedAs.Data) },
            (ExistsRequest { Watch: true } r, ErrorResult) => next with { Watches = Watches.SetItem(r.Path, WatchedAs.Exist) },
            (CreateRequest { Mode: CreateMode.PersistentSequential or CreateMode.EphemeralSequential }, CreatedResult r) => next with { Given = r.Path },
            (CloseSessionRequest, DoneResult) => next.Forgotten(),
            _ => next,
        };
        return next with { Waiting = Waiting.RemoveFirst(1) };
    }

    private ServiceClient Forgotten() => this with { Session = SessionId.None, Password = Blob.None, Seen = 0, Watches = Watches.Clear() };

    /// <inheritdoc/>
    public void AddTo(ref Fingerprint f)
    {
        f.Add(Server);
        f.Add(Connection);
        f.Add(IsOpen);
        f.Add(Session);
        f.Add(Seen);
        f.Add(Connects);
        f.Add(Xid);
        f.Add(MustSetWatches);
        f.AddAll(Waiting);
        f.Add(Watches.Count);
        foreach (var (path, kind) in Watches)
        {
            f.Add(path);
            f.Add((int)kind);
        }
        f.Add(Given);
    }
}
