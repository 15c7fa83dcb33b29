using Microsoft.Extensions.Logging;
using Reference.Broker.Hosting;
using Reference.Broker.Kafka.Messages;
using Reference.Broker.Kafka.Protocol;

namespace Reference.Broker.Kafka.Connections;

/// <summary>One client's connection: reads requests, lets them be answered side by side, and sends the responses in the order of the requests.</summary>
internal sealed class ServerConnection(IConnection connection, IRequestHandler handler, long number, int requestMaxBytes, ILogger log)
{
    private const int RequestsUnderWay = 100;
    private const int BytesUnderWay = 16 * 1024 * 1024;

    /// <summary>Responses that are ready go out together up to this size.</summary>
    private const int FlushBytes = 256 * 1024;

    private readonly MessageQueue<Reply> _replies = new(int.MaxValue);
    private readonly Budget _budget = new(RequestsUnderWay, BytesUnderWay);
    private readonly CancellationTokenSource _closed = new();
    private readonly List<Reply> _sending = [];
    private readonly string _host = $"/{connection.Remote.Address}";

    /// <summary>Serves until either end closes; never throws for what a client does.</summary>
    public async Task RunAsync()
    {
        var sending = SendAllAsync();
        await ReceiveAllAsync().ConfigureAwait(false);
        _replies.Close();
        await _closed.CancelAsync().ConfigureAwait(false);
        connection.Abort();
        await sending.ConfigureAwait(false);
        connection.Dispose();
        _closed.Dispose();
    }

    /// <summary>Closes at once.</summary>
    public void Abort() => connection.Abort();

    private async Task ReceiveAllAsync()
    {
        using var frames = new FrameSource(connection, requestMaxBytes);
        try
        {
            while (await frames.ReadAsync().ConfigureAwait(false) is { } frame)
            {
                Take(frame);
                await _budget.RoomAsync().ConfigureAwait(false);
            }
        }
        catch (Exception e) when (e is MalformedRequestException or MalformedFrameException)
        {
            log.LogWarning("{Remote}: closed: {Reason}", connection.Remote, e.Message);
        }
        catch (IOException e)
        {
            log.LogDebug("{Remote}: {Reason}", connection.Remote, e.Message);
        }
    }

    private void Take(Frame frame)
    {
        Reply reply;
        try
        {
            reply = Begin(frame);
        }
        catch
        {
            frame.Dispose();
            throw;
        }
        _budget.Take(reply.Bytes);
        _replies.Post(reply);
    }

    private Reply Begin(Frame frame)
    {
        var reader = new WireReader(frame.Bytes);
        var header = RequestHeader.Read(ref reader);
        var api = Apis.Of(header.Key) ?? throw new MalformedRequestException($"API {(short)header.Key} isn't served");
        if (!api.Serves(header.Version))
        {
            if (api.Key != ApiKey.ApiVersions) throw new MalformedRequestException($"{api.Key} {header.Version} isn't served, {api.First}-{api.Last} are");
            frame.Dispose();
            return new(api, header with { Version = 0 }, new(ApiVersionsAnswer.Unsupported()), null, 0);
        }
        if (api.FlexibleRequestHeader(header.Version)) RequestHeader.SkipTags(ref reader);
        var request = api.ReadRequest(ref reader, header.Version);
        var bytes = frame.Bytes.Length;
        if (request is ProduceRequest) request.Hold(frame);
        else frame.Dispose();
        return new(api, header, handler.Handle(api, request, new(number, header.Version, header.Correlation, header.ClientId, _host, _closed.Token)), request, bytes);
    }

    private async Task SendAllAsync()
    {
        using var writer = new WireWriter();
        var broken = false;
        while (await _replies.DrainAsync().ConfigureAwait(false) is { } batch)
        {
            foreach (var reply in batch)
            {
                if (!broken && writer.Length > 0 && (!reply.Response.IsCompleted || writer.Length > FlushBytes)) broken = !await FlushAsync(writer).ConfigureAwait(false);
                if (!await WriteAsync(writer, reply).ConfigureAwait(false)) broken = true;
            }
            if (!broken) broken = !await FlushAsync(writer).ConfigureAwait(false);
            if (broken) Forget(writer);
        }
    }

    /// <summary>Waits for a response and writes it among those to be sent; false when there's none to be had.</summary>
    private async ValueTask<bool> WriteAsync(WireWriter writer, Reply reply)
    {
        try
        {
            reply = reply with { Answer = await reply.Response.ConfigureAwait(false) };
            if (reply.Answer is not null) Write(writer, reply, reply.Answer);
            _sending.Add(reply);
            return true;
        }
        catch (Exception e) when (e is MalformedRequestException or OperationCanceledException)
        {
            if (e is MalformedRequestException) log.LogWarning("{Remote}: closed: {Reason}", connection.Remote, e.Message);
        }
        catch (Exception e)
        {
            log.LogError(e, "{Remote}: {Api} {Version} failed; the connection is closed", connection.Remote, reply.Api.Key, reply.Header.Version);
        }
        Done(reply);
        connection.Abort();
        return false;
    }

    private static void Write(WireWriter writer, Reply reply, Message answer)
    {
        writer.BeginFrame();
        writer.Int32(reply.Header.Correlation);
        if (reply.Api.FlexibleResponseHeader(reply.Header.Version)) writer.UnsignedVarint(0);
        reply.Api.WriteResponse(writer, answer, reply.Header.Version);
        writer.EndFrame();
    }

    private async ValueTask<bool> FlushAsync(WireWriter writer)
    {
        try
        {
            await connection.SendAsync(writer).ConfigureAwait(false);
            return true;
        }
        catch (IOException e)
        {
            log.LogDebug("{Remote}: {Reason}", connection.Remote, e.Message);
            connection.Abort();
            return false;
        }
        finally
        {
            Forget(writer);
        }
    }

    /// <summary>What was written has been sent, or never will be: the memory that it pointed into goes back.</summary>
    private void Forget(WireWriter writer)
    {
        writer.Clear();
        foreach (var reply in _sending) Done(reply);
        _sending.Clear();
    }

    private void Done(Reply reply)
    {
        reply.Answer?.Dispose();
        reply.Request?.Dispose();
        _budget.Give(reply.Bytes);
    }

    private sealed record Reply(Api Api, RequestHeader Header, ValueTask<Message?> Response, Message? Request, int Bytes, Message? Answer = null);
}
