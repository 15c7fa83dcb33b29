using MessagePack;
using Reference.Coordination;
using Barrier = Reference.Coordination.Barrier;

namespace Reference.Broker.Ensemble.Codecs;

/// <summary>The service's transactions in MessagePack: the header's fields, then the operation's number and its fields. What the log keeps and the broadcast carries.</summary>
internal static class TransactionCodec
{
    public static void Write(ref MessagePackWriter writer, Transaction transaction)
    {
        var header = transaction.Header;
        writer.Write(header.Session.Value);
        writer.Write(header.Origin.Value);
        writer.Write(header.Connection.Value);
        writer.Write(header.Xid);
        writer.Write(header.WallMs);
        Write(ref writer, transaction.Operation);
    }

    /// <exception cref="MessagePackSerializationException">These bytes are no transaction.</exception>
    public static Transaction Read(ref MessagePackReader reader)
    {
        var header = new Header(reader.ReadSessionId(), new(reader.ReadInt32()), reader.ReadConnectionId(), reader.ReadInt32(), reader.ReadInt64());
        return new(header, ReadOperation(ref reader));
    }

    private static void Write(ref MessagePackWriter writer, Operation operation)
    {
        switch (operation)
        {
            case CreateSession o:
                writer.Write(1);
                writer.Write(o.TimeoutMs);
                writer.Write(o.Password);
                break;
            case CloseSession:
                writer.Write(2);
                break;
            case Create o:
                writer.Write(3);
                writer.Write(o.Path);
                writer.Write(o.Data);
                writer.Write(o.Acl);
                writer.Write(o.EphemeralOwner);
                writer.Write(o.Sequential);
                break;
            case Delete o:
                writer.Write(4);
                writer.Write(o.Path);
                break;
            case DeleteContainer o:
                writer.Write(5);
                writer.Write(o.Path);
                break;
            case SetData o:
                writer.Write(6);
                writer.Write(o.Path);
                writer.Write(o.Data);
                writer.Write(o.Version);
                break;
            case SetAcl o:
                writer.Write(7);
                writer.Write(o.Path);
                writer.Write(o.Acl);
                writer.Write(o.Aversion);
                break;
            case Check o:
                writer.Write(8);
                writer.Write(o.Path);
                break;
            case Multi o:
                writer.Write(9);
                writer.WriteArrayHeader(o.Operations.Length);
                foreach (var each in o.Operations) Write(ref writer, each);
                break;
            case Fail o:
                writer.Write(10);
                writer.Write((int)o.Error);
                writer.Write(o.At);
                break;
            case Barrier:
                writer.Write(11);
                break;
            default:
                throw new InvalidOperationException($"no codec for {operation}");
        }
    }

    private static Operation ReadOperation(ref MessagePackReader reader)
    {
        var kind = reader.ReadInt32();
        return kind switch
        {
            1 => new CreateSession(reader.ReadInt32(), reader.ReadBlob()),
            2 => new CloseSession(),
            3 => new Create(reader.ReadText(), reader.ReadBlob(), reader.ReadAclList(), reader.ReadInt64(), reader.ReadBoolean()),
            4 => new Delete(reader.ReadText()),
            5 => new DeleteContainer(reader.ReadText()),
            6 => new SetData(reader.ReadText(), reader.ReadBlob(), reader.ReadInt32()),
            7 => new SetAcl(reader.ReadText(), reader.ReadAclList(), reader.ReadInt32()),
            8 => new Check(reader.ReadText()),
            9 => ReadMulti(ref reader),
            10 => new Fail((ErrorCode)reader.ReadInt32(), reader.ReadInt32()),
            11 => new Barrier(),
            _ => throw Fields.Unknown("transaction", kind),
        };
    }

    private static Multi ReadMulti(ref MessagePackReader reader)
    {
        MessagePackSecurity.UntrustedData.DepthStep(ref reader);
        var operations = new Operation[reader.ReadArrayHeader()];
        for (var i = 0; i < operations.Length; i++) operations[i] = ReadOperation(ref reader);
        reader.Depth--;
        return new([.. operations]);
    }
}
