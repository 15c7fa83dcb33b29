using System.Globalization;

namespace Reference.Coordination;

/// <summary>A server of the ensemble, by its number in the configuration (1 to 254: it is the top byte of the session ids it makes).</summary>
public readonly record struct ServerId(int Value) : IComparable<ServerId>, IFingerprinted
{
    /// <inheritdoc/>
    public int CompareTo(ServerId other) => Value.CompareTo(other.Value);

    /// <inheritdoc/>
    public void AddTo(ref Fingerprint fingerprint) => fingerprint.Add(Value);

    /// <inheritdoc/>
    public override string ToString() => Value.ToString(CultureInfo.InvariantCulture);
}

/// <summary>A client's session. The top byte is the server that made it; zero is nobody's.</summary>
public readonly record struct SessionId(long Value) : IComparable<SessionId>, IFingerprinted
{
    /// <summary>No session: what the service does on its own account.</summary>
    public static SessionId None => default;

    /// <inheritdoc/>
    public int CompareTo(SessionId other) => Value.CompareTo(other.Value);

    /// <inheritdoc/>
    public void AddTo(ref Fingerprint fingerprint) => fingerprint.Add(Value);

    /// <inheritdoc/>
    public override string ToString() => "0x" + Value.ToString("x", CultureInfo.InvariantCulture);
}

/// <summary>A client's connection to one server.</summary>
/// <remarks>
/// The host names it and never uses a name twice, over all lives of the server: it counts up from a start that a restart can't repeat. A transaction names the connection it is to be
/// answered on; one that comes back after a restart must not find a stranger under that name. Zero is no connection.
/// </remarks>
public readonly record struct ConnectionId(long Value) : IComparable<ConnectionId>, IFingerprinted
{
    /// <summary>No connection.</summary>
    public static ConnectionId None => default;

    /// <inheritdoc/>
    public int CompareTo(ConnectionId other) => Value.CompareTo(other.Value);

    /// <inheritdoc/>
    public void AddTo(ref Fingerprint fingerprint) => fingerprint.Add(Value);

    /// <inheritdoc/>
    public override string ToString() => "#" + Value.ToString(CultureInfo.InvariantCulture);
}

/// <summary>When an input happened.</summary>
/// <param name="NowMs">Milliseconds on a clock that never goes back; session deadlines are reckoned by it.</param>
/// <param name="WallMs">Milliseconds since the epoch of Unix; only ctime and mtime are made of it.</param>
public readonly record struct Moment(long NowMs, long WallMs) : IFingerprinted
{
    /// <inheritdoc/>
    public void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add(NowMs);
        fingerprint.Add(WallMs);
    }

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"@{NowMs}");
}
