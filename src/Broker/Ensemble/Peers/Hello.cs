using System.Buffers;
using MessagePack;
using Reference.Broker.Hosting;
using Reference.Zab;

namespace Reference.Broker.Ensemble.Peers;

/// <summary>The first frame in either direction of a link between servers: who speaks, to whom, and of which ensemble.</summary>
/// <remarks>MessagePack, one value after the other: magic text, version, sender, addressee, incarnation, array of the members' ids.</remarks>
/// <param name="From">Who speaks.</param>
/// <param name="To">Whom it believes to speak to.</param>
/// <param name="Incarnation">Differs between two lives of the sender.</param>
/// <param name="Members">The ensemble, as the sender was configured.</param>
internal sealed record Hello(NodeId From, NodeId To, long Incarnation, ImmutableSortedSet<NodeId> Members)
{
    private const string Magic = "reference-peer";
    private const int Version = 1;

    public void Write(IBufferWriter<byte> buffer)
    {
        var writer = new MessagePackWriter(buffer);
        writer.Write(Magic);
        writer.Write(Version);
        writer.Write(From.Value);
        writer.Write(To.Value);
        writer.Write(Incarnation);
        writer.WriteArrayHeader(Members.Count);
        foreach (var member in Members) writer.Write(member.Value);
        writer.Flush();
    }

    /// <exception cref="MalformedFrameException">It's no hello, or of another version.</exception>
    public static Hello Read(ReadOnlyMemory<byte> frame)
    {
        try
        {
            var reader = new MessagePackReader(frame);
            if (reader.ReadString() != Magic) throw new MalformedFrameException("it doesn't greet as a server of an ensemble does");
            var version = reader.ReadInt32();
            if (version != Version) throw new MalformedFrameException($"it speaks version {version} between servers, this one speaks {Version}");
            var (from, to, incarnation) = (reader.ReadInt32(), reader.ReadInt32(), reader.ReadInt64());
            var members = new NodeId[reader.ReadArrayHeader()];
            for (var i = 0; i < members.Length; i++) members[i] = new(reader.ReadInt32());
            return new(new(from), new(to), incarnation, [.. members]);
        }
        catch (Exception e) when (e is MessagePackSerializationException or EndOfStreamException)
        {
            throw new MalformedFrameException($"its greeting can't be read: {e.Message}");
        }
    }

    /// <summary>Why a server that is <paramref name="self"/> won't link with who sent this; null if it will.</summary>
    public string? Refusal(NodeId self, ImmutableSortedSet<NodeId> members)
    {
        if (!Members.SetEquals(members)) return $"it is of an ensemble of servers {string.Join(", ", Members)}, this one of {string.Join(", ", members)}: make their server.N lines alike";
        if (From == self) return $"it too says it is server {self}: each needs an id of its own";
        if (!members.Contains(From)) return $"it says it is server {From}, which isn't a member";
        return To == self ? null : $"it takes this server for {To}: make the server.N lines alike on both";
    }
}
