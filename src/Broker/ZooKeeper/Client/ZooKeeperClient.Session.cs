using Microsoft.Extensions.Logging;
using Reference.Broker.Hosting;
using Reference.Broker.ZooKeeper.Jute;
using Reference.Coordination;

namespace Reference.Broker.ZooKeeper.Client;

/// <summary>The client's loop: finds a server that takes the session, reads what it says, and finds another when it's gone.</summary>
public sealed partial class ZooKeeperClient
{
    private const int FirstPauseMs = 10, LongestPauseMs = 250;
    private const int SetWatchesBytes = 128 * 1024;     // as Apache's client: many watches take several requests, or the frame gets too long

    private ImmutableArray<(string Scheme, byte[] Credentials)> _auths;
    private TaskCompletionSource<ClientState> _settled = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _lastZxid;
    private int _nextServer;
    private bool _closing;

    private bool IsOver => State is ClientState.Expired or ClientState.AuthFailed or ClientState.Closed;

    /// <summary>Closes the session, so that its ephemerals go at once, and ends the client.</summary>
    public async ValueTask DisposeAsync()
    {
        Call<NothingRecord, bool>? closing = null;
        lock (_gate)
        {
            if (_link is { } link && !_closing)
            {
                closing = new(Opcode.CloseSession, null, default, Nothing, null);
                link.Send(closing);
                FlushSoon(link);
            }

            _closing = true;
        }

        if (closing is not null) await AnsweredOrLateAsync(closing.Result).ConfigureAwait(false);
        Abandon();
        await Completion.ConfigureAwait(false);
    }

    /// <summary>Ends the client and leaves the session to itself, as a crash would: the ensemble expires it, or another client goes on with it.</summary>
    public void Abandon()
    {
        Become(ClientState.Closed);
        lock (_gate) _link?.Abort();
    }

    private async Task RunAsync()
    {
        try
        {
            while (await FindServerAsync().ConfigureAwait(false) is { } link) await ServeAsync(link).ConfigureAwait(false);
        }
        finally
        {
            Become(ClientState.Closed);     // unless it's over already
            FailWaiting(_ => true, ErrorOf(State));
        }
    }

    /// <summary>Tries one server after the other, at once as long as there are others, then with pauses; null when the session is over.</summary>
    private async Task<ServerLink?> FindServerAsync()
    {
        var pauseMs = FirstPauseMs;
        for (var tried = 1; !IsOver; tried++)
        {
            var server = _servers[_nextServer];
            _nextServer = (_nextServer + 1) % _servers.Length;
            if (await TryServerAsync(server.Host, server.Port).ConfigureAwait(false) is { } link) return link;

            var now = _clock.NowMs;
            FailWaiting(call => call.GiveUpMs <= now, ZooKeeperError.ConnectionLoss);
            if (tried % _servers.Length != 0 || IsOver) continue;
            await PauseAsync(pauseMs).ConfigureAwait(false);
            pauseMs = Math.Min(2 * pauseMs, LongestPauseMs);
        }

        return null;
    }

    private async Task<ServerLink?> TryServerAsync(string host, int port)
    {
        using var inTime = CancellationTokenSource.CreateLinkedTokenSource(_ended.Token);
        var late = AfterAsync(HandshakeMs(), inTime);
        ServerLink? link = null;
        try
        {
            var connection = await _network.ConnectAsync(host, port, inTime.Token).ConfigureAwait(false);
            link = new ServerLink(connection, _clock, _settings.MaxFrameBytes);
            using (inTime.Token.Register(connection.Abort))
            {
                if (await ShakeHandsAsync(link).ConfigureAwait(false)) return link;
            }
        }
        catch (IOException e)
        {
            _log.LogDebug("{Host}:{Port} doesn't serve session 0x{Session:x}: {Why}", host, port, SessionId, inTime.IsCancellationRequested ? "no answer in time" : e.Message);
        }
        catch (OperationCanceledException)
        {
            _log.LogDebug("{Host}:{Port} can't be reached in time", host, port);
        }
        finally
        {
            await inTime.CancelAsync().ConfigureAwait(false);
            await late.ConfigureAwait(false);
        }

        link?.Dispose();
        return null;
    }

    /// <summary>How long one server may take to answer: all of them shall have their turn within the session's time-out.</summary>
    private long HandshakeMs() => Math.Max(100, TimeoutMs / Math.Max(2, _servers.Length));

    private async Task<bool> ShakeHandsAsync(ServerLink link)
    {
        link.Frames.Begin();
        new JuteWriter(link.Frames).Write(new ConnectRequest
        {
            LastZxidSeen = _lastZxid,
            TimeOutMs = _settings.SessionTimeoutMs,
            SessionId = SessionId,
            Password = SessionId == 0 ? Blob.Wrap(new byte[16]) : Password,
            ReadOnly = false,
        });
        link.Frames.End();
        link.Frames.Flush();
        if (!await link.Reader.ReadAsync().ConfigureAwait(false) || !link.Reader.TryRead(out var frame)) throw new IOException("closed without an answer");

        var answer = new JuteReader(frame.Span).Read<ConnectResponse>();
        if (answer.TimeOutMs > 0)
        {
            (SessionId, Password, TimeoutMs) = (answer.SessionId, answer.Password, answer.TimeOutMs);
            link.LastHeardMs = _clock.NowMs;
            return true;
        }

        if (SessionId != 0)
        {
            _log.LogWarning("the ensemble says that session 0x{Session:x} has expired", SessionId);
            Become(ClientState.Expired);
        }

        return false;
    }

    /// <summary>Works with a server until it's gone.</summary>
    private async Task ServeAsync(ServerLink link)
    {
        using var served = new CancellationTokenSource();
        var why = "closed by the server";
        try
        {
            if (!Attach(link)) return;
            _log.LogInformation("{Server} serves session 0x{Session:x}, time-out {Timeout} ms", link.Server, SessionId, TimeoutMs);
            _ = KeepAliveAsync(link, served.Token);
            while (await link.Reader.ReadAsync().ConfigureAwait(false))
            {
                link.LastHeardMs = _clock.NowMs;
                while (link.Reader.TryRead(out var frame)) Handle(link, frame.Span);
            }
        }
        catch (IOException e)
        {
            why = e.Message;
        }
        finally
        {
            await served.CancelAsync().ConfigureAwait(false);
            Detach(link, why);
        }
    }

    /// <summary>Credentials first, then the watches, then what waited.</summary>
    private bool Attach(ServerLink link)
    {
        lock (_gate)
        {
            if (IsOver) return false;
            foreach (var (scheme, credentials) in _auths)
                link.Send(new Call<AuthPacket, bool>(Opcode.Auth, null, new AuthPacket { Scheme = scheme, Credentials = Blob.Of(credentials) }, Nothing, null));
            SetWatches(link);
            while (_waiting.TryDequeue(out var call))
                if (call.Opcode == Opcode.Auth) call.Replied(ZooKeeperError.Ok);      // among the credentials above
                else link.Send(call);
            _link = link;
            FlushSoon(link);
        }

        Become(ClientState.Connected);
        return true;
    }

    private void Detach(ServerLink link, string why)
    {
        IReadOnlyCollection<Call> lost;
        lock (_gate)
        {
            if (_link == link) _link = null;
            lost = link.TakeAll();
        }

        if (!IsOver && !_closing) _log.LogInformation("{Server} no longer serves session 0x{Session:x}: {Why}", link.Server, SessionId, why);
        Become(ClientState.Disconnected);
        foreach (var call in lost) call.Fail(ZooKeeperError.ConnectionLoss);
        link.Dispose();
    }

    private void Handle(ServerLink link, ReadOnlySpan<byte> frame)
    {
        var reader = new JuteReader(frame);
        var header = reader.Read<ReplyHeader>();
        if (header.Zxid > 0) _lastZxid = Math.Max(_lastZxid, header.Zxid);
        var error = (ZooKeeperError)header.Error;
        switch (header.Xid)
        {
            case SpecialXid.Ping: break;
            case SpecialXid.SetWatches: break;
            case SpecialXid.WatchEvent: OnEvent(reader.Read<WatcherEvent>()); break;
            case SpecialXid.Auth: OnAuthAnswer(link, error); break;
            default:
                Call call;
                lock (_gate) call = link.Take(header.Xid);
                call.Replied(error, ref reader);
                break;
        }
    }

    private void OnEvent(in WatcherEvent seen)
    {
        if (Enum.IsDefined((WatchedEventType)seen.Type)) _watches.Fire(new WatchedEvent((WatchedEventType)seen.Type, _chroot.Inwards(seen.Path)));
        else _log.LogDebug("an event of type {Type} for {Path} isn't known", seen.Type, seen.Path);
    }

    private void OnAuthAnswer(ServerLink link, ZooKeeperError error)
    {
        Call? call;
        lock (_gate) call = link.TakeAuth();
        if (error == ZooKeeperError.Ok)
        {
            call?.Replied(ZooKeeperError.Ok);
            return;
        }

        _log.LogWarning("{Server} refuses the credentials", link.Server);
        Become(ClientState.AuthFailed);
        call?.Fail(error);
        link.Abort();
    }

    /// <summary>Pings when nothing else was sent for a third of the time-out; gives the server up when it was silent for two thirds.</summary>
    private async Task KeepAliveAsync(ServerLink link, CancellationToken served)
    {
        long pingMs = Math.Max(1, TimeoutMs / 3), silenceMs = Math.Max(2, TimeoutMs * 2L / 3);
        while (!served.IsCancellationRequested)
        {
            var now = _clock.NowMs;
            if (now - link.LastHeardMs >= silenceMs)
            {
                _log.LogInformation("{Server} hasn't said a word for {Silence} ms", link.Server, now - link.LastHeardMs);
                link.Abort();
                return;
            }

            lock (_gate)
            {
                if (now - link.LastSentMs >= pingMs)
                {
                    link.Ping();
                    link.Frames.Flush();
                }
            }

            var due = Math.Min(link.LastSentMs + pingMs, link.LastHeardMs + silenceMs);
            await PauseAsync(Math.Max(1, due - now), served).ConfigureAwait(false);
        }
    }

    private void Submit(Call call)
    {
        lock (_gate)
        {
            if (!IsOver && !_closing)
            {
                if (_link is { } link)
                {
                    link.Send(call);
                    FlushSoon(link);
                }
                else
                {
                    call.GiveUpMs = _clock.NowMs + TimeoutMs;
                    _waiting.Enqueue(call);
                }

                return;
            }
        }

        call.Fail(ErrorOf(State));
    }

    /// <summary>Sends what was written, after those who are about to write more have had their turn. Under the lock.</summary>
    private void FlushSoon(ServerLink link)
    {
        if (link.FlushDue) return;
        link.FlushDue = true;
        _ = FlushAsync(link);
    }

    private async Task FlushAsync(ServerLink link)
    {
        await Task.Yield();
        lock (_gate)
        {
            link.FlushDue = false;
            link.Frames.Flush();
        }
    }

    private void SetWatches(ServerLink link)
    {
        var lists = new List<string>[5];
        for (var i = 0; i < lists.Length; i++) lists[i] = [];
        var bytes = 0;
        foreach (var (kind, path) in _watches.All())
        {
            var outwards = _chroot.Outwards(path);
            lists[(int)kind].Add(outwards);
            bytes += sizeof(int) + outwards.Length;
            if (bytes < SetWatchesBytes) continue;
            SendWatches(link, lists);
            foreach (var list in lists) list.Clear();
            bytes = 0;
        }

        if (bytes > 0) SendWatches(link, lists);
    }

    private void SendWatches(ServerLink link, List<string>[] lists)
    {
        var oneShot = new SetWatchesRecord
        {
            LastZxidSeen = _lastZxid,
            Data = [.. lists[(int)ClientWatches.Kind.Data]],
            Exist = [.. lists[(int)ClientWatches.Kind.Exist]],
            Child = [.. lists[(int)ClientWatches.Kind.Child]],
        };
        string[] persistent = [.. lists[(int)ClientWatches.Kind.Persistent]], recursive = [.. lists[(int)ClientWatches.Kind.Recursive]];
        if (persistent.Length + recursive.Length == 0) link.Send(SpecialXid.SetWatches, Opcode.SetWatches, oneShot);
        else link.Send(SpecialXid.SetWatches, Opcode.SetWatches2, new SetWatches2Record { OneShot = oneShot, Persistent = persistent, Recursive = recursive });
    }

    /// <summary>Moves to a state, unless the session is over already, and tells of it.</summary>
    private void Become(ClientState state)
    {
        TaskCompletionSource<ClientState> settled;
        lock (_gate)
        {
            if (IsOver || State == state) return;
            State = state;
            if (state == ClientState.Disconnected) _settled = new(TaskCreationOptions.RunContinuationsAsynchronously);
            settled = _settled;
        }

        if (IsOver) _ended.Cancel();
        StateChanged?.Invoke(state);
        if (state != ClientState.Disconnected) settled.TrySetResult(state);
    }

    private void FailWaiting(Func<Call, bool> which, ZooKeeperError error)
    {
        List<Call> failed = [];
        lock (_gate)
        {
            for (var i = _waiting.Count; i > 0; i--)
            {
                var call = _waiting.Dequeue();
                if (which(call)) failed.Add(call);
                else _waiting.Enqueue(call);
            }
        }

        foreach (var call in failed) call.Fail(error);
    }

    private async Task AnsweredOrLateAsync(Task answered)
    {
        using var given = new CancellationTokenSource();
        await Task.WhenAny(new[] { answered, _clock.Delay(HandshakeMs(), given.Token) }).ConfigureAwait(false);
        await given.CancelAsync().ConfigureAwait(false);
    }

    private Task PauseAsync(long ms) => PauseAsync(ms, _ended.Token);

    private async Task PauseAsync(long ms, CancellationToken ended)
    {
        try
        {
            await _clock.Delay(ms, ended).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // whoever waits looks whether it is to go on
        }
    }

    private async Task AfterAsync(long ms, CancellationTokenSource what)
    {
        await PauseAsync(ms, what.Token).ConfigureAwait(false);
        await what.CancelAsync().ConfigureAwait(false);
    }
}
