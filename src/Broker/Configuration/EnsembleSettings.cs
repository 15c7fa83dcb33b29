using System.Globalization;
using System.Net;

namespace Reference.Broker.Configuration;

/// <summary>What an ensemble server is told: <c>zoo.cfg</c>, by ZooKeeper's names.</summary>
public sealed record EnsembleSettings
{
    /// <summary>This server's id: the file <c>myid</c> in the data folder, or the command line.</summary>
    public required int MyId { get; init; }

    /// <summary>Where log and snapshots are kept (in <c>version-2</c>).</summary>
    public required string DataDir { get; init; }

    /// <summary>All members, this one included: id → host and port between servers.</summary>
    public required ImmutableSortedDictionary<int, (string Host, int Port)> Servers { get; init; }

    /// <summary>Where clients connect.</summary>
    public required IPEndPoint ClientAddress { get; init; }

    /// <summary>The unit of the limits below, in milliseconds.</summary>
    public int TickTime { get; init; } = 2000;

    /// <summary>Ticks that a follower may take to find and synchronise with its leader.</summary>
    public int InitLimit { get; init; } = 10;

    /// <summary>Ticks without a word after which leader and follower give each other up.</summary>
    public int SyncLimit { get; init; } = 5;

    /// <summary>Transactions between snapshots.</summary>
    public int SnapCount { get; init; } = 100_000;

    /// <summary>Snapshots that are kept, with the logs they need.</summary>
    public int SnapRetainCount { get; init; } = 3;

    /// <summary>Connections that one address may have; 0 is no limit.</summary>
    public int MaxClientCnxns { get; init; } = 60;

    /// <summary>The longest frame of a client, in bytes (<c>jute.maxbuffer</c>).</summary>
    public int JuteMaxBuffer { get; init; } = 0xfffff;

    /// <summary>The shortest session time-out granted, in milliseconds.</summary>
    public int MinSessionTimeout { get; init; } = 4000;

    /// <summary>The longest session time-out granted, in milliseconds.</summary>
    public int MaxSessionTimeout { get; init; } = 40_000;

    /// <summary>Four-letter words that are answered; <c>*</c> is all.</summary>
    public ImmutableSortedSet<string> Whitelist { get; init; } = ["srvr"];

    /// <summary>Where this process keeps every input of its cores; null: nowhere.</summary>
    public string? Trace { get; init; }

    /// <summary>Whether invariants are evaluated after every step.</summary>
    public bool CheckInvariants { get; init; }

    /// <summary>Keys that were accepted and do nothing here, to be reported at start.</summary>
    public IReadOnlyList<string> WithoutEffect { get; init; } = [];

    /// <summary>Reads <c>zoo.cfg</c>. The id comes from <paramref name="id"/>, else from <c>myid</c> in the data folder.</summary>
    /// <exception cref="UserError">A key or value that is unknown, missing or wrong.</exception>
    public static EnsembleSettings From(Properties p, int? id = null)
    {
        var tick = p.Int("tickTime", 2000, 1);
        var dataDir = Path.GetFullPath(p.Required("dataDir", "the folder where this server keeps its log and snapshots"));
        var port = p.Int("clientPort", 0, 1, 65535);
        if (port == 0) p.Required("clientPort", "the port where clients connect, such as 2181");
        var address = p.Text("clientPortAddress", "127.0.0.1");
        if (!IPAddress.TryParse(address, out var ip)) throw p.Wrong("clientPortAddress", address, "an IP address");

        var servers = ImmutableSortedDictionary.CreateBuilder<int, (string, int)>();
        foreach (var (rest, value) in p.WithPrefix("server."))
        {
            if (!int.TryParse(rest, NumberStyles.None, CultureInfo.InvariantCulture, out var server) || server is < 1 or > 255) throw p.Wrong("server." + rest, value, "named server.N with N from 1 to 255");
            var parts = value.Split(';')[0].Split(':');
            if (parts.Length is < 2 or > 4 || !int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var peerPort) || peerPort is < 1 or > 65535)
                throw p.Wrong("server." + rest, value, "host:port, or host:port:electionport as ZooKeeper has it (the first port serves both here)");
            if (parts.Length == 4 && parts[3] != "participant") throw p.Wrong("server." + rest, value, "a participant: observers aren't served");
            servers[server] = (parts[0], peerPort);
        }

        var myId = id ?? ReadMyId(dataDir);
        if (servers.Count == 0) servers[myId] = (ip.ToString(), 0);
        if (!servers.ContainsKey(myId)) throw new UserError($"server id {myId} isn't among the members {string.Join(", ", servers.Keys.Select(k => $"server.{k}"))}: correct {Path.Combine(dataDir, "myid")} or the member list");

        var min = p.Int("minSessionTimeout", 2 * tick, 1);
        var settings = new EnsembleSettings
        {
            MyId = myId,
            DataDir = dataDir,
            Servers = servers.ToImmutable(),
            ClientAddress = new(ip, port),
            TickTime = tick,
            InitLimit = p.Int("initLimit", 10, 1),
            SyncLimit = p.Int("syncLimit", 5, 1),
            SnapCount = p.Int("snapCount", 100_000, 2),
            SnapRetainCount = p.Int("autopurge.snapRetainCount", 3, 3),
            MaxClientCnxns = p.Int("maxClientCnxns", 60),
            JuteMaxBuffer = p.Int("jute.maxbuffer", 0xfffff, 1024),
            MinSessionTimeout = min,
            MaxSessionTimeout = p.Int("maxSessionTimeout", 20 * tick, min),
            Whitelist = [.. p.List("4lw.commands.whitelist", "srvr")],
        };
        return settings with { WithoutEffect = p.RefuseTheRest(Ignored) };
    }

    private static int ReadMyId(string dataDir)
    {
        var path = Path.Combine(dataDir, "myid");
        if (!File.Exists(path)) throw new UserError($"{path} is missing: write this server's id (1 to 255) into it, or give --id");
        var text = File.ReadAllText(path).Trim();
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var id) && id is >= 1 and <= 255 ? id : throw new UserError($"{path}: '{text}' isn't a server id: write a number from 1 to 255");
    }

    /// <summary>ZooKeeper's keys that operators' files have and that mean nothing here.</summary>
    private static readonly ImmutableSortedSet<string> Ignored =
    [
        "admin.enableServer", "admin.serverPort", "admin.serverAddress", "admin.commandURL", "autopurge.purgeInterval", "dataLogDir", "electionAlg", "forceSync", "globalOutstandingLimit",
        "leaderServes", "maxCnxns", "preAllocSize", "quorumListenOnAllIPs", "reconfigEnabled", "standaloneEnabled", "syncEnabled", "cnxTimeout", "localSessionsEnabled",
    ];
}
