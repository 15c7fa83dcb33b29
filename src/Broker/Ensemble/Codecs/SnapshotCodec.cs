using System.Buffers;
using MessagePack;
using Reference.Coordination;

namespace Reference.Broker.Ensemble.Codecs;

/// <summary>The service's whole state in MessagePack: last zxid, sessions, znodes with the parents first. Read from an immutable state, so it may be written while service goes on.</summary>
internal static class SnapshotCodec
{
    private const int PartBytes = 64 * 1024;

    /// <summary>The state in parts; each is valid until the next is asked for.</summary>
    public static IEnumerable<ReadOnlyMemory<byte>> Parts(ServiceState state)
    {
        var buffer = new ArrayBufferWriter<byte>(2 * PartBytes);
        WriteHead(buffer, state);
        foreach (var (path, node) in state.Tree.Nodes)
        {
            WriteNode(buffer, path, node);
            if (buffer.WrittenCount < PartBytes) continue;
            yield return buffer.WrittenMemory;
            buffer.ResetWrittenCount();
        }
        yield return buffer.WrittenMemory;
    }

    /// <exception cref="MessagePackSerializationException">These bytes are no snapshot.</exception>
    public static ServiceState Read(ReadOnlyMemory<byte> bytes)
    {
        var reader = new MessagePackReader(bytes);
        var lastZxid = reader.ReadInt64();
        var sessions = new KeyValuePair<SessionId, Session>[reader.ReadArrayHeader()];
        for (var i = 0; i < sessions.Length; i++) sessions[i] = new(reader.ReadSessionId(), new(reader.ReadInt32(), reader.ReadBlob()));
        var nodes = new KeyValuePair<string, Node>[reader.ReadArrayHeader()];
        Dictionary<AclList, AclList> lists = [];
        for (var i = 0; i < nodes.Length; i++) nodes[i] = ReadNode(ref reader, lists);
        return ServiceState.Restore(nodes, sessions, lastZxid);
    }

    private static void WriteHead(IBufferWriter<byte> buffer, ServiceState state)
    {
        var writer = new MessagePackWriter(buffer);
        writer.Write(state.LastZxid);
        writer.WriteArrayHeader(state.Sessions.Count);
        foreach (var (id, session) in state.Sessions)
        {
            writer.Write(id.Value);
            writer.Write(session.TimeoutMs);
            writer.Write(session.Password);
        }
        writer.WriteArrayHeader(state.Tree.Count);
        writer.Flush();
    }

    private static void WriteNode(IBufferWriter<byte> buffer, string path, Node node)
    {
        var writer = new MessagePackWriter(buffer);
        writer.Write(path);
        writer.Write(node.Data);
        writer.Write(node.Acl);
        writer.Write(node.Czxid);
        writer.Write(node.Mzxid);
        writer.Write(node.Pzxid);
        writer.Write(node.CtimeMs);
        writer.Write(node.MtimeMs);
        writer.Write(node.Version);
        writer.Write(node.Aversion);
        writer.Write(node.Creations);
        writer.Write(node.EphemeralOwner);
        writer.Flush();
    }

    private static KeyValuePair<string, Node> ReadNode(ref MessagePackReader reader, Dictionary<AclList, AclList> lists)
    {
        var path = reader.ReadText();
        var data = reader.ReadBlob();
        var read = reader.ReadAclList();
        if (!lists.TryGetValue(read, out var acl)) lists.Add(read, acl = read);
        return new(path, new(data, acl, reader.ReadInt64(), reader.ReadInt64(), reader.ReadInt64(), reader.ReadInt64(), reader.ReadInt64(),
            reader.ReadInt32(), reader.ReadInt32(), reader.ReadInt32(), reader.ReadInt64()));
    }
}
