using System.Globalization;
using Stateless;

namespace Reference.Coordination;

/// <summary>How far a client's connection is.</summary>
public enum ConnectionPhase
{
    /// <summary>Its session isn't confirmed yet: the client has no answer.</summary>
    Opening,

    /// <summary>It is served.</summary>
    Open,

    /// <summary>The client has asked for the end of its session; it may ask for nothing more.</summary>
    Closing,
}

/// <summary>The facts that move a connection from phase to phase.</summary>
public enum ConnectionTrigger
{
    /// <summary>The new session is committed, or the leader has confirmed the old one.</summary>
    SessionConfirmed,

    /// <summary>The client asked for the end of its session.</summary>
    CloseAsked,
}

/// <summary>The table of the phases of a connection; the diagrams of spec/ are drawn from it.</summary>
public static class ConnectionPhases
{
    private static readonly ConnectionPhase?[,] Table = Read();

    /// <summary>The phase after <paramref name="trigger"/> in <paramref name="phase"/>.</summary>
    /// <exception cref="InvalidOperationException">The table doesn't list the move.</exception>
    public static ConnectionPhase After(ConnectionPhase phase, ConnectionTrigger trigger) =>
        Table[(int)phase, (int)trigger] ?? throw new InvalidOperationException($"no way out of {phase} by {trigger}");

    /// <summary>The table, as a machine that stands in <paramref name="phase"/>.</summary>
    public static StateMachine<ConnectionPhase, ConnectionTrigger> Machine(ConnectionPhase phase)
    {
        var machine = new StateMachine<ConnectionPhase, ConnectionTrigger>(phase);
        machine.Configure(ConnectionPhase.Opening).Permit(ConnectionTrigger.SessionConfirmed, ConnectionPhase.Open);
        machine.Configure(ConnectionPhase.Open).Permit(ConnectionTrigger.CloseAsked, ConnectionPhase.Closing);
        return machine;
    }

    private static ConnectionPhase?[,] Read()
    {
        var phases = Enum.GetValues<ConnectionPhase>();
        var triggers = Enum.GetValues<ConnectionTrigger>();
        var table = new ConnectionPhase?[phases.Length, triggers.Length];
        foreach (var phase in phases)
        {
            foreach (var trigger in triggers)
            {
                var machine = Machine(phase);
                if (!machine.CanFire(trigger)) continue;
                machine.Fire(trigger);
                table[(int)phase, (int)trigger] = machine.State;
            }
        }

        return table;
    }
}

/// <summary>A request that isn't answered yet: a write on its way through the log, or whatever came after one.</summary>
public readonly record struct Pending(int Xid, Request Request) : IFingerprinted
{
    /// <inheritdoc/>
    public void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add(Xid);
        fingerprint.Add(Request);
    }

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Xid} {Request}");
}

/// <summary>A client's connection.</summary>
/// <param name="Id">Its name.</param>
/// <param name="Phase">How far it is.</param>
/// <param name="Session">The session it carries, or is to carry.</param>
/// <param name="Password">That session's password.</param>
/// <param name="TimeoutMs">That session's time-out; 0 until it's known.</param>
/// <param name="SeenZxid">The last zxid that the client had seen when it came.</param>
/// <param name="Identities">Who the caller is: its address, and what it has proved since.</param>
/// <param name="Waiting">The requests not answered yet, in the client's order. The first, if there is one, is a write.</param>
public sealed record Connection(
    ConnectionId Id,
    ConnectionPhase Phase,
    SessionId Session,
    Blob Password,
    int TimeoutMs,
    long SeenZxid,
    ImmutableArray<Identity> Identities,
    Sequence<Pending> Waiting) : IFingerprinted
{
    /// <summary>The client's IP address, as text.</summary>
    public string Address => Identities[0].Id;

    /// <inheritdoc/>
    public void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add(Id);
        fingerprint.Add((int)Phase);
        fingerprint.Add(Session);
        fingerprint.Add(Password);
        fingerprint.Add(TimeoutMs);
        fingerprint.Add(SeenZxid);
        fingerprint.AddAll(Identities);
        fingerprint.AddAll(Waiting);
    }

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Id} {Address} {Session} {Phase}, {Waiting.Count} waiting");
}
