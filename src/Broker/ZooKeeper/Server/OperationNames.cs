using Reference.Broker.ZooKeeper.Jute;
using Reference.Coordination;

namespace Reference.Broker.ZooKeeper.Server;

/// <summary>The four letters by which <c>cons</c> names a connection's last operation.</summary>
internal static class OperationNames
{
    /// <summary>The name of <paramref name="request"/>, or, where that wasn't kept, of what has the xid.</summary>
    public static string Of(Request? request, int xid) => request switch
    {
        CreateRequest => "CREA",
        DeleteRequest => "DELE",
        DeleteContainerRequest => "DELC",
        ExistsRequest => "EXIS",
        GetDataRequest => "GETD",
        SetDataRequest => "SETD",
        GetAclRequest => "GETA",
        SetAclRequest => "SETA",
        GetChildrenRequest => "GETC",
        SyncRequest => "SYNC",
        CheckRequest => "CHEC",
        MultiRequest => "MULT",
        MultiReadRequest => "MLTR",
        AddWatchRequest => "ADDW",
        CheckWatchesRequest => "CHKW",
        RemoveWatchesRequest => "REMW",
        GetEphemeralsRequest => "GETE",
        GetAllChildrenNumberRequest => "GETACN",
        WhoAmIRequest => "HOMI",
        CloseSessionRequest => "CLOS",
        not null => "UNKNOWN",
        null => xid switch { SpecialXid.Ping => "PING", SpecialXid.Auth => "AUTH", SpecialXid.SetWatches => "SETW", _ => "SESS" },
    };
}
