using System.Buffers;
using MessagePack;
using Reference.Coordination;
using Reference.Zab;

namespace Reference.Broker.Ensemble.Codecs;

/// <summary>The field types that several codecs share, in MessagePack.</summary>
internal static class Fields
{
    public static void Write(this ref MessagePackWriter writer, Zxid zxid) => writer.Write(zxid.Value);

    public static Zxid ReadZxid(this ref MessagePackReader reader) => new(reader.ReadInt64());

    public static void Write(this ref MessagePackWriter writer, Payload payload) => writer.Write(payload.Bytes.Span);

    public static Payload ReadPayload(this ref MessagePackReader reader) => new(reader.ReadBytes()?.ToArray() ?? []);

    public static void Write(this ref MessagePackWriter writer, Blob blob)
    {
        if (blob.IsNone) writer.WriteNil();
        else writer.Write(blob.Span);
    }

    public static Blob ReadBlob(this ref MessagePackReader reader) => Blob.Wrap(reader.ReadBytes()?.ToArray());

    public static string ReadText(this ref MessagePackReader reader) => reader.ReadString() ?? throw new MessagePackSerializationException("a text is missing");

    public static SessionId ReadSessionId(this ref MessagePackReader reader) => new(reader.ReadInt64());

    public static ConnectionId ReadConnectionId(this ref MessagePackReader reader) => new(reader.ReadInt64());

    public static void Write(this ref MessagePackWriter writer, AclList acl)
    {
        if (ReferenceEquals(acl, AclList.Open))
        {
            writer.WriteNil();
            return;
        }
        writer.WriteArrayHeader(acl.Entries.Length);
        foreach (var entry in acl.Entries)
        {
            writer.Write((int)entry.Permissions);
            writer.Write(entry.Scheme);
            writer.Write(entry.Id);
        }
    }

    public static AclList ReadAclList(this ref MessagePackReader reader)
    {
        if (reader.TryReadNil()) return AclList.Open;
        var entries = new Acl[reader.ReadArrayHeader()];
        for (var i = 0; i < entries.Length; i++) entries[i] = new((Permissions)reader.ReadInt32(), reader.ReadText(), reader.ReadText());
        return new([.. entries]);
    }

    /// <summary>A kind that this version doesn't know.</summary>
    public static MessagePackSerializationException Unknown(string what, int kind) => new($"a {what} of the unknown kind {kind}");
}
