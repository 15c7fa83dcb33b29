using Reference.Broker.ZooKeeper.Jute;
using Reference.Coordination;

namespace Reference.Broker.ZooKeeper.Server;

/// <summary>From the service's typed results and events to frames.</summary>
internal static class ReplyWriting
{
    private const int PasswordLength = 16;
    private static readonly Blob NoPassword = Blob.Wrap(new byte[PasswordLength]);

    /// <summary>The answer to a connect request; <paramref name="knowsReadOnly"/> if that had the field.</summary>
    public static void Write(FrameBuffer frames, AnswerConnect answer, bool knowsReadOnly)
    {
        frames.Begin();
        new JuteWriter(frames).Write(new ConnectResponse
        {
            TimeOutMs = answer.TimeoutMs,
            SessionId = answer.Session.Value,
            Password = answer.Password.Length == PasswordLength ? answer.Password : NoPassword,
            ReadOnly = knowsReadOnly ? false : null,
        });
        frames.End();
    }

    /// <summary>A watch event.</summary>
    public static void Write(FrameBuffer frames, Notify notify)
    {
        frames.Begin();
        var writer = new JuteWriter(frames);
        writer.Write(new ReplyHeader { Xid = SpecialXid.WatchEvent, Zxid = -1 });
        writer.Write(new WatcherEvent { Type = (int)notify.Type, State = WatcherEvent.Connected, Path = notify.Path });
        frames.End();
    }

    /// <summary>A reply; <paramref name="request"/> is what it answers: the results of a multi alone don't tell a delete from a check.</summary>
    public static void Write(FrameBuffer frames, Reply reply, Request? request)
    {
        var error = reply.Result is ErrorResult failed ? (int)failed.Error : 0;
        frames.Begin();
        var writer = new JuteWriter(frames);
        writer.Write(new ReplyHeader { Xid = reply.Xid, Zxid = reply.Zxid, Error = error });
        switch (reply.Result)
        {
            case ErrorResult or DoneResult: break;
            case DataResult r: Data(writer, r); break;
            case StatResult r: writer.Write(StatRecord.Of(r.Stat)); break;
            case ChildrenResult r: Children(writer, r); break;
            case CreatedResult r: Created(writer, r); break;
            case MultiResult r: Multi(writer, r, request as MultiRequest); break;
            case SyncResult r: writer.String(r.Path); break;
            case AclResult r: writer.Write(new AclAndStat { Acl = AclRecord.Of(r.Acl), Stat = StatRecord.Of(r.Stat) }); break;
            case PathsResult r: Paths(writer, r); break;
            case CountResult r: writer.Int(r.Count); break;
            case WatchAddedResult: writer.Int(0); break;
            case WhoAmIResult r: Identities(writer, r); break;
            default: throw new InvalidOperationException($"no frame for {reply}");
        }

        frames.End();
    }

    private static void Data(JuteWriter writer, DataResult r)
    {
        var record = new DataAndStat { Data = r.Data, Stat = StatRecord.Of(r.Stat) };
        writer.Write(record);
    }

    private static void Created(JuteWriter writer, CreatedResult r)
    {
        writer.String(r.Path);
        if (r.Stat is { } stat) writer.Write(StatRecord.Of(stat));
    }

    private static void Children(JuteWriter writer, ChildrenResult r)
    {
        writer.Int(r.Names.Count);
        foreach (var name in r.Names) writer.String(name);
        if (r.Stat is { } stat) writer.Write(StatRecord.Of(stat));
    }

    private static void Paths(JuteWriter writer, PathsResult r)
    {
        writer.Int(r.Paths.Length);
        foreach (var path in r.Paths) writer.String(path);
    }

    private static void Identities(JuteWriter writer, WhoAmIResult r)
    {
        writer.Int(r.Identities.Length);
        foreach (var identity in r.Identities) writer.Write(new IdRecord { Scheme = identity.Scheme, Id = identity.Id });
    }

    private static void Multi(JuteWriter writer, MultiResult results, MultiRequest? request)
    {
        for (var i = 0; i < results.Results.Length; i++) Item(writer, results.Results[i], request?.Operations[i] is CheckRequest);
        writer.Write(MultiHeader.End);
    }

    private static void Item(JuteWriter writer, Result result, bool checks)
    {
        switch (result)
        {
            case ErrorResult r:
                writer.Write(new MultiHeader { Type = (int)Opcode.Error, Error = (int)r.Error });
                writer.Int((int)r.Error);
                break;
            case CreatedResult r:
                Header(writer, r.Stat is null ? Opcode.Create : Opcode.Create2);
                Created(writer, r);
                break;
            case StatResult r:
                Header(writer, Opcode.SetData);
                writer.Write(StatRecord.Of(r.Stat));
                break;
            case DataResult r:
                Header(writer, Opcode.GetData);
                Data(writer, r);
                break;
            case ChildrenResult r:
                Header(writer, Opcode.GetChildren);
                Children(writer, r);
                break;
            case DoneResult:
                Header(writer, checks ? Opcode.Check : Opcode.Delete);
                break;
            default: throw new InvalidOperationException($"no item of a multi for {result}");
        }
    }

    private static void Header(JuteWriter writer, Opcode opcode) => writer.Write(new MultiHeader { Type = (int)opcode });
}
