using System.Globalization;

namespace Reference.Coordination;

/// <summary>What a client is answered; the wire layer writes one body for each.</summary>
public abstract record Result : IFingerprinted
{
    /// <inheritdoc/>
    public abstract void AddTo(ref Fingerprint fingerprint);
}

/// <summary>The request failed; no body. Within a <see cref="MultiResult"/>: a result of type −1 with this code, where Ok (0) means that the operation itself would have gone well.</summary>
public sealed record ErrorResult(ErrorCode Error) : Result
{
    /// <inheritdoc/>
    public override void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add(-1);
        fingerprint.Add((int)Error);
    }

    /// <inheritdoc/>
    public override string ToString() => Error.ToString();
}

/// <summary>It is done; no body. Within a <see cref="MultiResult"/> its type is that of the operation asked for (delete 2, check 13).</summary>
public sealed record DoneResult : Result
{
    /// <summary>The one there is.</summary>
    public static readonly DoneResult Instance = new();

    /// <inheritdoc/>
    public override void AddTo(ref Fingerprint fingerprint) => fingerprint.Add(0);

    /// <inheritdoc/>
    public override string ToString() => "done";
}

/// <summary>addWatch is done; its body is an int 0.</summary>
public sealed record WatchAddedResult : Result
{
    /// <summary>The one there is.</summary>
    public static readonly WatchAddedResult Instance = new();

    /// <inheritdoc/>
    public override void AddTo(ref Fingerprint fingerprint) => fingerprint.Add(106);

    /// <inheritdoc/>
    public override string ToString() => "watch added";
}

/// <summary>The path of what was created, with its sequence suffix, and, if asked for, its Stat (type 15 within a multi, else 1).</summary>
public sealed record CreatedResult(string Path, Stat? Stat) : Result
{
    /// <inheritdoc/>
    public override void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add(1);
        fingerprint.Add(Path);
        fingerprint.Add(Stat is not null);
        if (Stat is { } stat) fingerprint.Add(stat);
    }

    /// <inheritdoc/>
    public override string ToString() => $"created {Path}";
}

/// <summary>A Stat: of exists, setData (type 5 within a multi), setACL, check.</summary>
public sealed record StatResult(Stat Stat) : Result
{
    /// <inheritdoc/>
    public override void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add(3);
        fingerprint.Add(Stat);
    }

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"v{Stat.Version}");
}

/// <summary>Data and Stat (type 4 within a multiRead).</summary>
public sealed record DataResult(Blob Data, Stat Stat) : Result
{
    /// <inheritdoc/>
    public override void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add(4);
        fingerprint.Add(Data);
        fingerprint.Add(Stat);
    }

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Data} v{Stat.Version}");
}

/// <summary>An ACL and Stat. The hashes of digests are hidden from whoever may not administer the znode.</summary>
public sealed record AclResult(AclList Acl, Stat Stat) : Result
{
    /// <inheritdoc/>
    public override void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add(6);
        fingerprint.Add(Acl);
        fingerprint.Add(Stat);
    }

    /// <inheritdoc/>
    public override string ToString() => Acl.ToString();
}

/// <summary>Names of children, in ordinal order, and, if asked for, the Stat (type 8 within a multiRead, without it).</summary>
public sealed record ChildrenResult(IReadOnlyCollection<string> Names, Stat? Stat) : Result
{
    /// <inheritdoc/>
    public override void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add(8);
        fingerprint.Add(Names.Count);
        foreach (var name in Names) fingerprint.Add(name);
        fingerprint.Add(Stat is not null);
        if (Stat is { } stat) fingerprint.Add(stat);
    }

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Names.Count} children");
}

/// <summary>Paths: of getEphemerals.</summary>
public sealed record PathsResult(ImmutableArray<string> Paths) : Result
{
    /// <inheritdoc/>
    public override void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add(103);
        fingerprint.Add(Paths.Length);
        foreach (var path in Paths) fingerprint.Add(path);
    }

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Paths.Length} paths");
}

/// <summary>A number: of getAllChildrenNumber.</summary>
public sealed record CountResult(int Count) : Result
{
    /// <inheritdoc/>
    public override void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add(104);
        fingerprint.Add(Count);
    }

    /// <inheritdoc/>
    public override string ToString() => Count.ToString(CultureInfo.InvariantCulture);
}

/// <summary>The path that sync was asked for.</summary>
public sealed record SyncResult(string Path) : Result
{
    /// <inheritdoc/>
    public override void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add(9);
        fingerprint.Add(Path);
    }

    /// <inheritdoc/>
    public override string ToString() => $"synced {Path}";
}

/// <summary>One result an operation of a multi or multiRead, in their order. A multi that failed has only <see cref="ErrorResult"/>s: Ok before the culprit, its code, RuntimeInconsistency after.</summary>
public sealed record MultiResult(ImmutableArray<Result> Results) : Result
{
    /// <inheritdoc/>
    public override void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add(14);
        fingerprint.AddAll(Results);
    }

    /// <inheritdoc/>
    public override string ToString() => $"[{string.Join("; ", Results)}]";
}

/// <summary>Who the caller is: scheme and user name, without hashes.</summary>
public sealed record WhoAmIResult(ImmutableArray<Identity> Identities) : Result
{
    /// <inheritdoc/>
    public override void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add(107);
        fingerprint.AddAll(Identities);
    }

    /// <inheritdoc/>
    public override string ToString() => string.Join(',', Identities);
}
