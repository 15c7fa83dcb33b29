using MessagePack;
using Reference.Zab;

namespace Reference.Broker.Ensemble.Codecs;

/// <summary>The broadcast's messages in MessagePack: the kind's number, then its fields in their order.</summary>
internal static class ZabCodec
{
    public static void Write(ref MessagePackWriter writer, Message message)
    {
        switch (message)
        {
            case Propose m:
                writer.Write(11);
                writer.Write(m.Zxid);
                writer.Write(m.Txn);
                break;
            case Ack m:
                writer.Write(12);
                writer.Write(m.Zxid);
                break;
            case Commit m:
                writer.Write(13);
                writer.Write(m.Zxid);
                break;
            case Ping:
                writer.Write(14);
                break;
            case Pong:
                writer.Write(15);
                break;
            default:
                WriteRare(ref writer, message);
                break;
        }
    }

    /// <exception cref="MessagePackSerializationException">These bytes are no message.</exception>
    public static Message Read(ref MessagePackReader reader)
    {
        var kind = reader.ReadInt32();
        return kind switch
        {
            1 => new Notification(ReadVote(ref reader), reader.ReadInt32(), (Standing)reader.ReadInt32()),
            2 => new CEpoch(reader.ReadInt32()),
            3 => new NewEpoch(reader.ReadInt32()),
            4 => new AckEpoch(reader.ReadBoolean(), reader.ReadInt32(), reader.ReadZxid(), ReadZxids(ref reader)),
            5 => new Diff(reader.ReadZxid()),
            6 => new Trunc(reader.ReadZxid()),
            7 => new Snap(reader.ReadZxid(), reader.ReadPayload()),
            8 => new NewLeader(reader.ReadInt32(), reader.ReadZxid()),
            9 => new AckNewLeader(reader.ReadInt32(), reader.ReadZxid()),
            10 => new UpToDate(reader.ReadZxid()),
            11 => new Propose(reader.ReadZxid(), reader.ReadPayload()),
            12 => new Ack(reader.ReadZxid()),
            13 => new Commit(reader.ReadZxid()),
            14 => new Ping(),
            15 => new Pong(),
            _ => throw Fields.Unknown("message of the broadcast", kind),
        };
    }

    private static void WriteRare(ref MessagePackWriter writer, Message message)
    {
        switch (message)
        {
            case Notification m:
                writer.Write(1);
                Write(ref writer, m.Vote);
                writer.Write(m.Round);
                writer.Write((int)m.Standing);
                break;
            case CEpoch m:
                writer.Write(2);
                writer.Write(m.AcceptedEpoch);
                break;
            case NewEpoch m:
                writer.Write(3);
                writer.Write(m.Epoch);
                break;
            case AckEpoch m:
                writer.Write(4);
                writer.Write(m.Promised);
                writer.Write(m.CurrentEpoch);
                writer.Write(m.LastZxid);
                writer.WriteArrayHeader(m.EpochEnds.Length);
                foreach (var end in m.EpochEnds) writer.Write(end);
                break;
            case Diff m:
                writer.Write(5);
                writer.Write(m.From);
                break;
            case Trunc m:
                writer.Write(6);
                writer.Write(m.To);
                break;
            case Snap m:
                writer.Write(7);
                writer.Write(m.Zxid);
                writer.Write(m.Content);
                break;
            case NewLeader m:
                writer.Write(8);
                writer.Write(m.Epoch);
                writer.Write(m.LastZxid);
                break;
            case AckNewLeader m:
                writer.Write(9);
                writer.Write(m.Epoch);
                writer.Write(m.LastZxid);
                break;
            case UpToDate m:
                writer.Write(10);
                writer.Write(m.Committed);
                break;
            default:
                throw new InvalidOperationException($"no codec for {message}");
        }
    }

    private static void Write(ref MessagePackWriter writer, Vote vote)
    {
        writer.Write(vote.Candidate.Value);
        writer.Write(vote.CurrentEpoch);
        writer.Write(vote.LastZxid);
    }

    private static Vote ReadVote(ref MessagePackReader reader) => new(new(reader.ReadInt32()), reader.ReadInt32(), reader.ReadZxid());

    private static ImmutableArray<Zxid> ReadZxids(ref MessagePackReader reader)
    {
        var zxids = new Zxid[reader.ReadArrayHeader()];
        for (var i = 0; i < zxids.Length; i++) zxids[i] = reader.ReadZxid();
        return [.. zxids];
    }
}
