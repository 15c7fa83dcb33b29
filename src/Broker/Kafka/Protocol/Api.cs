namespace Reference.Broker.Kafka.Protocol;

/// <summary>One API: its number and the versions served, one range without gaps.</summary>
/// <param name="Key">Its number.</param>
/// <param name="First">The oldest version served.</param>
/// <param name="Last">The newest.</param>
/// <param name="Flexible">The versions with compact lengths and tagged fields.</param>
public abstract record Api(ApiKey Key, short First, short Last, Versions Flexible)
{
    /// <summary>Whether a version is served.</summary>
    public bool Serves(short version) => version >= First && version <= Last;

    /// <summary>Whether the request's header ends with tagged fields (header v2).</summary>
    public bool FlexibleRequestHeader(short version) => Flexible.Contains(version);

    /// <summary>Whether the response's header does (header v1). Never that of ApiVersions: the asker doesn't know yet what is spoken here.</summary>
    public bool FlexibleResponseHeader(short version) => Key != ApiKey.ApiVersions && Flexible.Contains(version);

    /// <summary>Reads the body of a request.</summary>
    public abstract Message ReadRequest(ref WireReader reader, short version);

    /// <summary>Writes the body of a response.</summary>
    public abstract void WriteResponse(WireWriter writer, Message response, short version);
}

/// <summary>An API with the layouts of both its messages.</summary>
public sealed record Api<TRequest, TResponse>(ApiKey Key, short First, short Last, Versions Flexible) : Api(Key, First, Last, Flexible)
    where TRequest : Message, IMessage<TRequest>, new()
    where TResponse : Message, IMessage<TResponse>, new()
{
    /// <inheritdoc/>
    public override TRequest ReadRequest(ref WireReader reader, short version) => Read<TRequest>(ref reader, version);

    /// <inheritdoc/>
    public override void WriteResponse(WireWriter writer, Message response, short version) => Write(writer, (TResponse)response, version);

    /// <summary>Writes the body of a request.</summary>
    public void WriteRequest(WireWriter writer, TRequest request, short version) => Write(writer, request, version);

    /// <summary>Reads the body of a response.</summary>
    public TResponse ReadResponse(ref WireReader reader, short version) => Read<TResponse>(ref reader, version);

    private T Read<T>(ref WireReader reader, short version) where T : Message, IMessage<T>, new()
    {
        var message = T.Layout.For(version, Flexible.Contains(version)).Read(ref reader);
        reader.End();
        return message;
    }

    private void Write<T>(WireWriter writer, T message, short version) where T : Message, IMessage<T>, new() =>
        T.Layout.For(version, Flexible.Contains(version)).Write(writer, message);
}
