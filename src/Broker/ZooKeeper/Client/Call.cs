using Reference.Broker.Hosting;
using Reference.Broker.ZooKeeper.Jute;

namespace Reference.Broker.ZooKeeper.Client;

/// <summary>A request of a caller on its way: waiting for a connection, or sent and waiting for its reply.</summary>
/// <param name="opcode">What it asks for.</param>
/// <param name="path">The znode, as the caller named it; for messages.</param>
internal abstract class Call(Opcode opcode, string? path)
{
    /// <summary>What it asks for.</summary>
    public Opcode Opcode { get; } = opcode;

    /// <summary>The znode, as the caller named it.</summary>
    public string? Path { get; } = path;

    /// <summary>Its number on the connection that it was sent on.</summary>
    public int Xid { get; set; }

    /// <summary>When it's given up if it can't be sent until then.</summary>
    public long GiveUpMs { get; set; }

    /// <summary>Writes its frame.</summary>
    public abstract void Write(FrameWriter frames);

    /// <summary>Its reply came; reads the body, if it has one.</summary>
    /// <exception cref="MalformedFrameException">The body can't be read. The caller is told that the fate of the request isn't known.</exception>
    public abstract void Replied(ZooKeeperError error, ref JuteReader reader);

    /// <summary>Its reply came, and has no body.</summary>
    public void Replied(ZooKeeperError error)
    {
        var nothing = new JuteReader([]);
        Replied(error, ref nothing);
    }

    /// <summary>There'll be no reply.</summary>
    public abstract void Fail(ZooKeeperError error);
}

/// <summary>Reads the body of a reply.</summary>
internal delegate TResult ReadReply<out TResult>(ref JuteReader reader);

/// <inheritdoc cref="Call"/>
/// <param name="opcode">What it asks for.</param>
/// <param name="path">The znode, as the caller named it; for messages.</param>
/// <param name="request">The body.</param>
/// <param name="read">Reads the reply's body.</param>
/// <param name="settled">Told of the reply ahead of the caller, on the client's loop: watches are registered by it.</param>
internal sealed class Call<TRequest, TResult>(Opcode opcode, string? path, TRequest request, ReadReply<TResult> read, Action<ZooKeeperError>? settled) : Call(opcode, path)
    where TRequest : struct, IRecord
{
    private readonly TaskCompletionSource<TResult> _result = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task<TResult> Result => _result.Task;

    public override void Write(FrameWriter frames)
    {
        frames.Begin();
        var writer = new JuteWriter(frames);
        writer.Write(new RequestHeader { Xid = Xid, Type = (int)Opcode });
        writer.Write(request);
        frames.End();
    }

    public override void Replied(ZooKeeperError error, ref JuteReader reader)
    {
        settled?.Invoke(error);
        if (error != ZooKeeperError.Ok)
        {
            Fail(error);
            return;
        }

        try
        {
            _result.TrySetResult(read(ref reader));
        }
        catch (ZooKeeperException e)
        {
            _result.TrySetException(e);
        }
        catch (MalformedFrameException)
        {
            Fail(ZooKeeperError.ConnectionLoss);
            throw;
        }
    }

    public override void Fail(ZooKeeperError error) => _result.TrySetException(new ZooKeeperException(error, Opcode.ToString(), Path));
}
