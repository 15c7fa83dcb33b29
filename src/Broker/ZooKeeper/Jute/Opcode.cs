namespace Reference.Broker.ZooKeeper.Jute;

/// <summary>What a request asks for.</summary>
internal enum Opcode
{
    CreateSession = -10,
    CloseSession = -11,
    Error = -1,
    Create = 1,
    Delete = 2,
    Exists = 3,
    GetData = 4,
    SetData = 5,
    GetAcl = 6,
    SetAcl = 7,
    GetChildren = 8,
    Sync = 9,
    Ping = 11,
    GetChildren2 = 12,
    Check = 13,
    Multi = 14,
    Create2 = 15,
    Reconfig = 16,
    CheckWatches = 17,
    RemoveWatches = 18,
    CreateContainer = 19,
    DeleteContainer = 20,
    CreateTtl = 21,
    MultiRead = 22,
    Auth = 100,
    SetWatches = 101,
    Sasl = 102,
    GetEphemerals = 103,
    GetAllChildrenNumber = 104,
    SetWatches2 = 105,
    AddWatch = 106,
    WhoAmI = 107,
}

/// <summary>The xids that aren't counted: each stands for one kind of message.</summary>
internal static class SpecialXid
{
    /// <summary>A watch event.</summary>
    public const int WatchEvent = -1;

    /// <summary>A ping and its answer.</summary>
    public const int Ping = -2;

    /// <summary>An <see cref="AuthPacket"/> and its answer.</summary>
    public const int Auth = -4;

    /// <summary>A setWatches or setWatches2 and its answer.</summary>
    public const int SetWatches = -8;
}
