using Reference.Coordination;

namespace Reference.Broker.ZooKeeper.Jute;

/// <summary>A client's first frame.</summary>
internal struct ConnectRequest : IRecord
{
    public int ProtocolVersion;
    public long LastZxidSeen;
    public int TimeOutMs;
    public long SessionId;
    public Blob Password;
    public bool? ReadOnly;

    public void Describe<TJute>(ref TJute jute) where TJute : IJute, allows ref struct
    {
        jute.Int(ref ProtocolVersion);
        jute.Long(ref LastZxidSeen);
        jute.Int(ref TimeOutMs);
        jute.Long(ref SessionId);
        jute.Buffer(ref Password);
        jute.TrailingBool(ref ReadOnly);
    }
}

/// <summary>The server's answer: session 0 with time-out 0 says that the session is over.</summary>
internal struct ConnectResponse : IRecord
{
    public int ProtocolVersion;
    public int TimeOutMs;
    public long SessionId;
    public Blob Password;
    public bool? ReadOnly;

    public void Describe<TJute>(ref TJute jute) where TJute : IJute, allows ref struct
    {
        jute.Int(ref ProtocolVersion);
        jute.Int(ref TimeOutMs);
        jute.Long(ref SessionId);
        jute.Buffer(ref Password);
        jute.TrailingBool(ref ReadOnly);
    }
}

/// <summary>What every request begins with.</summary>
internal struct RequestHeader : IRecord
{
    public int Xid;
    public int Type;

    public void Describe<TJute>(ref TJute jute) where TJute : IJute, allows ref struct
    {
        jute.Int(ref Xid);
        jute.Int(ref Type);
    }
}

/// <summary>What every reply begins with; a body follows only if the error is 0.</summary>
internal struct ReplyHeader : IRecord
{
    public int Xid;
    public long Zxid;
    public int Error;

    public void Describe<TJute>(ref TJute jute) where TJute : IJute, allows ref struct
    {
        jute.Int(ref Xid);
        jute.Long(ref Zxid);
        jute.Int(ref Error);
    }
}

/// <summary>The body of a watch event.</summary>
internal struct WatcherEvent : IRecord
{
    /// <summary>The only state that a server names in a watch event.</summary>
    public const int Connected = 3;

    public int Type;
    public int State;
    public string? Path;

    public void Describe<TJute>(ref TJute jute) where TJute : IJute, allows ref struct
    {
        jute.Int(ref Type);
        jute.Int(ref State);
        jute.String(ref Path);
    }
}

/// <summary>A client's credentials in one scheme.</summary>
internal struct AuthPacket : IRecord
{
    public int Type;
    public string? Scheme;
    public Blob Credentials;

    public void Describe<TJute>(ref TJute jute) where TJute : IJute, allows ref struct
    {
        jute.Int(ref Type);
        jute.String(ref Scheme);
        jute.Buffer(ref Credentials);
    }
}

/// <summary>One-shot watches that a client had, told to the server that it moved to.</summary>
internal struct SetWatchesRecord : IRecord
{
    public long LastZxidSeen;
    public string?[]? Data;
    public string?[]? Exist;
    public string?[]? Child;

    public void Describe<TJute>(ref TJute jute) where TJute : IJute, allows ref struct
    {
        jute.Long(ref LastZxidSeen);
        jute.Strings(ref Data);
        jute.Strings(ref Exist);
        jute.Strings(ref Child);
    }
}

/// <summary>The same with the persistent ones.</summary>
internal struct SetWatches2Record : IRecord
{
    public SetWatchesRecord OneShot;
    public string?[]? Persistent;
    public string?[]? Recursive;

    public void Describe<TJute>(ref TJute jute) where TJute : IJute, allows ref struct
    {
        jute.Record(ref OneShot);
        jute.Strings(ref Persistent);
        jute.Strings(ref Recursive);
    }
}
