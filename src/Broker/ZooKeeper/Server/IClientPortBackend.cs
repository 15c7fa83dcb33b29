using Reference.Coordination;

namespace Reference.Broker.ZooKeeper.Server;

/// <summary>The ensemble server behind a <see cref="ClientPort"/>: takes what clients ask, and knows what the four-letter words tell.</summary>
/// <remarks>
/// The port's connections call it from their own threads of control. What comes back, <see cref="AnswerConnect"/>, <see cref="Reply"/>, <see cref="Notify"/> and <see cref="Close"/>, the
/// server's loop hands to <see cref="ClientPort.Run"/>, and after each batch it calls <see cref="ClientPort.Flush"/>.
/// </remarks>
public interface IClientPortBackend
{
    /// <summary>Puts a <see cref="ConnectRequested"/>, <see cref="Requested"/> or <see cref="ConnectionClosed"/> into the loop's inbox, in order, without waking the loop.</summary>
    void Add(Input input);

    /// <summary>Wakes the loop: all that a connection had to add in one go is there.</summary>
    void Wake();

    /// <summary>Waits until the loop's inbox has room.</summary>
    ValueTask RoomAsync();

    /// <summary>What the server is at this moment. Called by any thread.</summary>
    ServerStatus Status { get; }
}

/// <summary>What a server's part in the ensemble is, by the words that four-letter words use.</summary>
public enum ServerMode
{
    /// <summary>In an election or synchronising: no client is served.</summary>
    Looking,

    /// <summary>Follows an established leader.</summary>
    Follower,

    /// <summary>Leads.</summary>
    Leader,

    /// <summary>The only member of its ensemble.</summary>
    Standalone,
}

/// <summary>What an ensemble server tells of itself to who asks with a four-letter word.</summary>
/// <param name="Mode">Its part in the ensemble.</param>
/// <param name="Service">The service's committed state.</param>
/// <param name="Watches">The paths that each of its connections watches.</param>
/// <param name="DiskBytes">How much its snapshots and its log take on disk.</param>
/// <param name="Followers">Of a leader: how many follow, and how many of them are up to date.</param>
public sealed record ServerStatus(
    ServerMode Mode,
    ServiceState Service,
    ImmutableSortedDictionary<ConnectionId, ImmutableSortedSet<string>> Watches,
    (long Snapshots, long Log) DiskBytes = default,
    (int All, int Synced) Followers = default)
{
    /// <summary>Whether clients are served.</summary>
    public bool IsServing => Mode != ServerMode.Looking;
}
