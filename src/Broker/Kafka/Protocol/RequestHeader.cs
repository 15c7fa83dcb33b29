namespace Reference.Broker.Kafka.Protocol;

/// <summary>What stands before every request: the API, its version, a number that the response repeats, and the client's name.</summary>
/// <remarks>int16 key, int16 version, int32 correlation id, nullable string (classic in every version), then, where the version is flexible, tagged fields.</remarks>
public readonly record struct RequestHeader(ApiKey Key, short Version, int Correlation, string? ClientId)
{
    /// <summary>Reads all but the tagged fields, which only a known API may have.</summary>
    public static RequestHeader Read(ref WireReader reader) => new((ApiKey)reader.Int16(), reader.Int16(), reader.Int32(), reader.String(compact: false));

    /// <summary>Writes all, with no tagged fields.</summary>
    public void Write(WireWriter writer, bool flexible)
    {
        writer.Int16((short)Key);
        writer.Int16(Version);
        writer.Int32(Correlation);
        writer.String(ClientId, compact: false);
        if (flexible) writer.UnsignedVarint(0);
    }

    /// <summary>Passes over the tagged fields of a header.</summary>
    public static void SkipTags(ref WireReader reader)
    {
        for (var left = reader.UnsignedVarint(); left > 0; left--)
        {
            reader.UnsignedVarint();
            var size = reader.UnsignedVarint();
            if (size > reader.Left) throw new MalformedRequestException($"a tagged field of {size} bytes in the header, with {reader.Left} left");
            reader.Sub((int)size);
        }
    }
}
