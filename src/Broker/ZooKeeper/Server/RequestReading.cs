using System.Text;
using Reference.Broker.Hosting;
using Reference.Broker.ZooKeeper.Jute;
using Reference.Coordination;

namespace Reference.Broker.ZooKeeper.Server;

/// <summary>From a client's frame to the service's typed request.</summary>
internal static class RequestReading
{
    /// <summary>Reads a request.</summary>
    /// <exception cref="MalformedFrameException">The frame isn't what its opcode says.</exception>
    public static Request Read(ReadOnlySpan<byte> frame, out int xid)
    {
        var reader = new JuteReader(frame);
        var header = reader.Read<RequestHeader>();
        xid = header.Xid;
        return Body(ref reader, (Opcode)header.Type);
    }

    private static Request Body(ref JuteReader reader, Opcode opcode)
    {
        switch (opcode)
        {
            case Opcode.Ping: return Ping;
            case Opcode.GetData or Opcode.Exists or Opcode.GetChildren or Opcode.GetChildren2: return Read(reader.Read<ReadRecord>(), opcode);
            case Opcode.Create or Opcode.Create2 or Opcode.CreateContainer: return Create(reader.Read<CreateRecord>(), opcode);
            case Opcode.SetData: return SetData(reader.Read<SetDataRecord>());
            case Opcode.Delete or Opcode.Check: return Versioned(reader.Read<PathAndNumber>(), opcode);
            case Opcode.Multi: return Multi(reader.Read<MultiRecord>());
            case Opcode.MultiRead: return MultiRead(reader.Read<MultiRecord>());
            case Opcode.Sync or Opcode.GetAcl or Opcode.GetAllChildrenNumber: return Named(reader.Read<PathRecord>(), opcode);
            case Opcode.GetEphemerals: return new GetEphemeralsRequest(reader.Read<PathRecord>().Path);
            case Opcode.SetAcl: return SetAcl(reader.Read<SetAclRecord>());
            case Opcode.AddWatch: return WithNumber(reader.Read<PathAndNumber>(), opcode);
            case Opcode.CheckWatches or Opcode.RemoveWatches: return WithNumber(reader.Read<PathAndNumber>(), opcode);
            case Opcode.SetWatches: return SetWatches(new SetWatches2Record { OneShot = reader.Read<SetWatchesRecord>() });
            case Opcode.SetWatches2: return SetWatches(reader.Read<SetWatches2Record>());
            case Opcode.Auth: return Auth(reader.Read<AuthPacket>());
            case Opcode.WhoAmI: return WhoAmI;
            case Opcode.CloseSession: return CloseSession;
            case Opcode.DeleteContainer: return new DeleteContainerRequest(Encoding.UTF8.GetString(reader.Rest()));
            default: return new RefusedRequest((int)opcode, ErrorCode.Unimplemented);
        }
    }

    /// <summary>Create flags of znodes with a time to live, which aren't served.</summary>
    private const int TtlFlag = 5, SequentialTtlFlag = 6;

    private static readonly PingRequest Ping = new();
    private static readonly WhoAmIRequest WhoAmI = new();
    private static readonly CloseSessionRequest CloseSession = new();

    private static RefusedRequest BadArguments(Opcode opcode) => new((int)opcode, ErrorCode.BadArguments);

    private static Request Named(in PathRecord r, Opcode opcode) => (r.Path, opcode) switch
    {
        (null, _) => BadArguments(opcode),
        (_, Opcode.Sync) => new SyncRequest(r.Path),
        (_, Opcode.GetAcl) => new GetAclRequest(r.Path),
        _ => new GetAllChildrenNumberRequest(r.Path),
    };

    private static Request Read(in ReadRecord r, Opcode opcode) => (r.Path, opcode) switch
    {
        (null, _) => BadArguments(opcode),
        (_, Opcode.GetData) => new GetDataRequest(r.Path, r.Watch),
        (_, Opcode.Exists) => new ExistsRequest(r.Path, r.Watch),
        _ => new GetChildrenRequest(r.Path, r.Watch, WantsStat: opcode == Opcode.GetChildren2),
    };

    private static Request Create(in CreateRecord r, Opcode opcode)
    {
        if (r.Flags is TtlFlag or SequentialTtlFlag) return new RefusedRequest((int)opcode, ErrorCode.Unimplemented);
        if (r.Path is null || r.Flags is < (int)CreateMode.Persistent or > (int)CreateMode.Container) return BadArguments(opcode);
        return new CreateRequest(r.Path, r.Data, AclRecord.ToList(r.Acl), (CreateMode)r.Flags, WantsStat: opcode != Opcode.Create);
    }

    private static Request SetData(in SetDataRecord r) =>
        r.Path is null ? BadArguments(Opcode.SetData) : new SetDataRequest(r.Path, r.Data, r.Version);

    private static Request SetAcl(in SetAclRecord r) =>
        r.Path is null ? BadArguments(Opcode.SetAcl) : new SetAclRequest(r.Path, AclRecord.ToList(r.Acl), r.Version);

    private static Request Versioned(in PathAndNumber r, Opcode opcode) => (r.Path, opcode) switch
    {
        (null, _) => BadArguments(opcode),
        (_, Opcode.Delete) => new DeleteRequest(r.Path, r.Number),
        _ => new CheckRequest(r.Path, r.Number),
    };

    private static Request WithNumber(in PathAndNumber r, Opcode opcode) => (r.Path, opcode) switch
    {
        (null, _) => BadArguments(opcode),
        (_, Opcode.AddWatch) => new AddWatchRequest(r.Path, (WatchMode)r.Number),
        (_, Opcode.CheckWatches) => new CheckWatchesRequest(r.Path, (WatcherType)r.Number),
        _ => new RemoveWatchesRequest(r.Path, (WatcherType)r.Number),
    };

    private static Request Multi(in MultiRecord r)
    {
        var operations = ImmutableArray.CreateBuilder<WriteRequest>(r.Operations!.Length);
        foreach (ref readonly var item in r.Operations.AsSpan())
        {
            if (Operation(item) is not WriteRequest operation) return BadArguments(Opcode.Multi);
            operations.Add(operation);
        }

        return new MultiRequest(operations.MoveToImmutable());
    }

    private static Request MultiRead(in MultiRecord r)
    {
        var operations = ImmutableArray.CreateBuilder<Request>(r.Operations!.Length);
        foreach (ref readonly var item in r.Operations.AsSpan())
        {
            var operation = Operation(item);
            if (operation is not (GetDataRequest or GetChildrenRequest)) return BadArguments(Opcode.MultiRead);
            operations.Add(operation);
        }

        return new MultiReadRequest(operations.MoveToImmutable());
    }

    private static Request Operation(in MultiOperationRecord item)
    {
        var opcode = (Opcode)item.Header.Type;
        return opcode switch
        {
            Opcode.Delete or Opcode.Check => Versioned(item.Versioned, opcode),
            Opcode.SetData => SetData(item.SetData),
            Opcode.GetData or Opcode.GetChildren => Read(item.Read, opcode),
            _ => Create(item.Create, opcode),
        };
    }

    private static SetWatchesRequest SetWatches(in SetWatches2Record r) => new(
        r.OneShot.LastZxidSeen, Paths(r.OneShot.Data), Paths(r.OneShot.Exist), Paths(r.OneShot.Child), Paths(r.Persistent), Paths(r.Recursive));

    private static ImmutableArray<string> Paths(string?[]? paths)
    {
        if (paths is null or []) return [];
        var builder = ImmutableArray.CreateBuilder<string>(paths.Length);
        foreach (var path in paths) builder.Add(path ?? throw new MalformedFrameException("a null path among the watches"));
        return builder.MoveToImmutable();
    }

    private static AuthRequest Auth(in AuthPacket packet) => new(packet.Scheme ?? "", packet.Credentials);
}
