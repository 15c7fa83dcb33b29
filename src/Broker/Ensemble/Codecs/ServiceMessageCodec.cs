using MessagePack;
using Reference.Coordination;

namespace Reference.Broker.Ensemble.Codecs;

/// <summary>What the services of two servers tell each other, in MessagePack: the kind's number, then its fields in their order.</summary>
internal static class ServiceMessageCodec
{
    public static void Write(ref MessagePackWriter writer, Message message)
    {
        switch (message)
        {
            case Forward m:
                writer.Write(1);
                writer.Write(m.Session.Value);
                writer.Write(m.Connection.Value);
                writer.Write(m.Xid);
                writer.WriteArrayHeader(m.Identities.Length);
                foreach (var identity in m.Identities)
                {
                    writer.Write(identity.Scheme);
                    writer.Write(identity.Id);
                }
                Write(ref writer, m.Request);
                break;
            case Revalidate m:
                writer.Write(2);
                writer.Write(m.Connection.Value);
                writer.Write(m.Session.Value);
                writer.Write(m.Password);
                break;
            case Revalidated m:
                writer.Write(3);
                writer.Write(m.Connection.Value);
                writer.Write(m.Session.Value);
                writer.Write(m.TimeoutMs);
                break;
            case Moved m:
                writer.Write(4);
                writer.Write(m.Session.Value);
                break;
            case Touched m:
                writer.Write(5);
                writer.WriteArrayHeader(m.Sessions.Length);
                foreach (var session in m.Sessions) writer.Write(session.Value);
                break;
            default:
                throw new InvalidOperationException($"no codec for {message}");
        }
    }

    /// <exception cref="MessagePackSerializationException">These bytes are no message.</exception>
    public static Message Read(ref MessagePackReader reader)
    {
        var kind = reader.ReadInt32();
        return kind switch
        {
            1 => new Forward(reader.ReadSessionId(), reader.ReadConnectionId(), reader.ReadInt32(), ReadIdentities(ref reader), ReadRequest(ref reader)),
            2 => new Revalidate(reader.ReadConnectionId(), reader.ReadSessionId(), reader.ReadBlob()),
            3 => new Revalidated(reader.ReadConnectionId(), reader.ReadSessionId(), reader.ReadInt32()),
            4 => new Moved(reader.ReadSessionId()),
            5 => new Touched(ReadSessions(ref reader)),
            _ => throw Fields.Unknown("message of the service", kind),
        };
    }

    private static ImmutableArray<Identity> ReadIdentities(ref MessagePackReader reader)
    {
        var identities = new Identity[reader.ReadArrayHeader()];
        for (var i = 0; i < identities.Length; i++) identities[i] = new(reader.ReadText(), reader.ReadText());
        return [.. identities];
    }

    private static ImmutableArray<SessionId> ReadSessions(ref MessagePackReader reader)
    {
        var sessions = new SessionId[reader.ReadArrayHeader()];
        for (var i = 0; i < sessions.Length; i++) sessions[i] = reader.ReadSessionId();
        return [.. sessions];
    }

    private static void Write(ref MessagePackWriter writer, WriteRequest request)
    {
        switch (request)
        {
            case CreateRequest r:
                writer.Write(1);
                writer.Write(r.Path);
                writer.Write(r.Data);
                writer.Write(r.Acl);
                writer.Write((int)r.Mode);
                writer.Write(r.WantsStat);
                break;
            case DeleteRequest r:
                writer.Write(2);
                writer.Write(r.Path);
                writer.Write(r.Version);
                break;
            case DeleteContainerRequest r:
                writer.Write(3);
                writer.Write(r.Path);
                break;
            case SetDataRequest r:
                writer.Write(4);
                writer.Write(r.Path);
                writer.Write(r.Data);
                writer.Write(r.Version);
                break;
            case SetAclRequest r:
                writer.Write(5);
                writer.Write(r.Path);
                writer.Write(r.Acl);
                writer.Write(r.Version);
                break;
            case CheckRequest r:
                writer.Write(6);
                writer.Write(r.Path);
                writer.Write(r.Version);
                break;
            case MultiRequest r:
                writer.Write(7);
                writer.WriteArrayHeader(r.Operations.Length);
                foreach (var operation in r.Operations) Write(ref writer, operation);
                break;
            case SyncRequest r:
                writer.Write(8);
                writer.Write(r.Path);
                break;
            case OpenSessionRequest r:
                writer.Write(9);
                writer.Write(r.TimeoutMs);
                writer.Write(r.Password);
                break;
            case CloseSessionRequest:
                writer.Write(10);
                break;
            default:
                throw new InvalidOperationException($"no codec for {request}");
        }
    }

    private static WriteRequest ReadRequest(ref MessagePackReader reader)
    {
        var kind = reader.ReadInt32();
        return kind switch
        {
            1 => new CreateRequest(reader.ReadText(), reader.ReadBlob(), reader.ReadAclList(), (CreateMode)reader.ReadInt32(), reader.ReadBoolean()),
            2 => new DeleteRequest(reader.ReadText(), reader.ReadInt32()),
            3 => new DeleteContainerRequest(reader.ReadText()),
            4 => new SetDataRequest(reader.ReadText(), reader.ReadBlob(), reader.ReadInt32()),
            5 => new SetAclRequest(reader.ReadText(), reader.ReadAclList(), reader.ReadInt32()),
            6 => new CheckRequest(reader.ReadText(), reader.ReadInt32()),
            7 => ReadMulti(ref reader),
            8 => new SyncRequest(reader.ReadText()),
            9 => new OpenSessionRequest(reader.ReadInt32(), reader.ReadBlob()),
            10 => new CloseSessionRequest(),
            _ => throw Fields.Unknown("request", kind),
        };
    }

    private static MultiRequest ReadMulti(ref MessagePackReader reader)
    {
        MessagePackSecurity.UntrustedData.DepthStep(ref reader);
        var operations = new WriteRequest[reader.ReadArrayHeader()];
        for (var i = 0; i < operations.Length; i++) operations[i] = ReadRequest(ref reader);
        reader.Depth--;
        return new([.. operations]);
    }
}
