using Reference.Broker.ZooKeeper.Jute;
using Reference.Coordination;
using Reference.Integration.ZooKeeper.Servers;

namespace Reference.Integration.ZooKeeper.Server;

/// <summary>What a client port does with what well- and ill-behaved clients send; the same as Apache's where both are asked.</summary>
[Collection(Targets.Collection)]
public sealed class ClientPortTests(Targets targets)
{
    private const int MostBytes = 0xfffff;

    [Theory(Timeout = Targets.LimitMs), Apache, Own]
    public async Task A_new_session_gets_an_id_a_password_and_a_time_out_within_bounds(string target)
    {
        foreach (var (asked, granted) in ((int, int)[])[(1, 400), (1000, 1000), (1_000_000, 4000)])
        {
            using var raw = await ConnectAsync(target);
            await raw.SendAsync(new ConnectRequest { TimeOutMs = asked, Password = Blob.Wrap(new byte[16]), ReadOnly = false });
            var answer = new JuteReader((await raw.ReceiveAsync())!).Read<ConnectResponse>();
            Assert.Equal((granted, 16, false), (answer.TimeOutMs, answer.Password.Length, answer.ReadOnly));
            Assert.NotEqual(0, answer.SessionId);
        }
    }

    [Theory(Timeout = Targets.LimitMs), Apache, Own]
    public async Task An_older_client_that_does_not_know_read_only_is_not_told_of_it(string target)
    {
        using var raw = await ConnectAsync(target);
        await raw.SendAsync(new ConnectRequest { TimeOutMs = 1000, Password = Blob.Wrap(new byte[16]) });
        var answer = new JuteReader((await raw.ReceiveAsync())!).Read<ConnectResponse>();
        Assert.Null(answer.ReadOnly);
        Assert.NotEqual(0, answer.SessionId);
    }

    [Theory(Timeout = Targets.LimitMs), Apache, Own]
    public async Task An_unknown_session_is_answered_with_zeros_and_closed(string target)
    {
        using var raw = await ConnectAsync(target);
        await raw.SendAsync(new ConnectRequest { TimeOutMs = 1000, SessionId = 0x0122334455667788, Password = Blob.Wrap(new byte[16]), ReadOnly = false });
        var answer = new JuteReader((await raw.ReceiveAsync())!).Read<ConnectResponse>();
        Assert.Equal((0L, 0), (answer.SessionId, answer.TimeOutMs));
        Assert.Null(await raw.ReceiveAsync());
    }

    [Theory(Timeout = Targets.LimitMs), Apache, Own]
    public async Task A_client_that_has_seen_more_than_this_server_is_closed_without_an_answer(string target)
    {
        using var raw = await ConnectAsync(target);
        await raw.SendAsync(new ConnectRequest { LastZxidSeen = long.MaxValue, TimeOutMs = 1000, Password = Blob.Wrap(new byte[16]), ReadOnly = false });
        Assert.Null(await raw.ReceiveAsync());
    }

    [Theory(Timeout = Targets.LimitMs), Apache, Own]
    public async Task Requests_sent_in_one_go_are_answered_in_their_order(string target)
    {
        using var raw = await OpenAsync(target);
        var sent = new List<byte>();
        for (var xid = 1; xid <= 300; xid++) sent.AddRange(RawClient.Request(xid, (int)Opcode.Exists, new ReadRecord { Path = "/zookeeper" }));
        sent.AddRange(RawClient.Request(SpecialXid.Ping, (int)Opcode.Ping, default(NothingRecord)));
        await raw.SendBytesAsync([.. sent]);
        var seen = new List<int>();
        while (seen.Count < 301)
        {
            var header = await raw.ReceiveHeaderAsync();
            Assert.Equal(0, header.Error);
            seen.Add(header.Xid);
        }

        Assert.Equal(Enumerable.Range(1, 300), seen.Where(xid => xid > 0));
        Assert.Contains(SpecialXid.Ping, seen);
    }

    [Theory]
    [InlineData(nameof(OwnEnsemble), 999)]
    [InlineData(nameof(OwnEnsemble), (int)Opcode.Reconfig)]
    [InlineData(nameof(OwnEnsemble), (int)Opcode.CreateTtl)]
    [InlineData(nameof(OwnEnsemble), (int)Opcode.Sasl)]
    public async Task An_opcode_that_is_not_served_is_answered_and_the_session_goes_on(string target, int opcode)
    {
        using var raw = await OpenAsync(target);
        await raw.SendAsync(1, opcode, new PathRecord { Path = "/x" });
        Assert.Equal((1, -6), await raw.ReceiveHeaderAsync() is var refused ? (refused.Xid, refused.Error) : default);
        await raw.SendAsync(2, (int)Opcode.Exists, new ReadRecord { Path = "/zookeeper" });
        Assert.Equal((2, 0), await raw.ReceiveHeaderAsync() is var served ? (served.Xid, served.Error) : default);
    }

    [Theory(Timeout = Targets.LimitMs), Apache, Own]
    public async Task Closing_a_session_is_answered_then_the_connection_ends(string target)
    {
        using var raw = await OpenAsync(target);
        await raw.SendAsync(1, (int)Opcode.CloseSession, default(NothingRecord));
        Assert.Equal((1, 0), await raw.ReceiveHeaderAsync() is var closed ? (closed.Xid, closed.Error) : default);
        Assert.Null(await raw.ReceiveAsync());
    }

    [Theory]
    [InlineData("ffffffff")]                            // negative
    [InlineData("7fffffff")]                            // no frame is so long
    [InlineData("00100000")]                            // one byte above jute.maxbuffer
    [InlineData("000000020000")]                        // too short for a connect request
    [InlineData("474554202f20485454502f312e310d0a")]    // another protocol
    public async Task What_is_no_connect_request_closes_that_connection_and_no_other(string hex)
    {
        using var other = await OpenAsync(nameof(OwnEnsemble));
        using var raw = await ConnectAsync(nameof(OwnEnsemble));
        await raw.SendBytesAsync(Convert.FromHexString(hex));
        Assert.Null(await raw.ReceiveAsync());
        await other.SendAsync(1, (int)Opcode.Exists, new ReadRecord { Path = "/zookeeper" });
        Assert.Equal(1, (await other.ReceiveHeaderAsync()).Xid);
    }

    [Theory]
    [InlineData("ffffffff")]
    [InlineData("00100000")]
    [InlineData("0000000400000001")]                        // a header cut short
    [InlineData("0000000c000000010000000300000009")]        // exists, its path cut short
    [InlineData("0000000c00000001000000037fffffff")]        // exists, a path that can't be
    [InlineData("0000000c0000000100000001fffffffe")]        // create, a length below null's
    public async Task A_frame_that_cannot_be_closes_that_connection_and_no_other(string hex)
    {
        using var other = await OpenAsync(nameof(OwnEnsemble));
        using var raw = await OpenAsync(nameof(OwnEnsemble));
        await raw.SendBytesAsync(Convert.FromHexString(hex));
        Assert.Null(await raw.ReceiveAsync());
        await other.SendAsync(1, (int)Opcode.Exists, new ReadRecord { Path = "/zookeeper" });
        Assert.Equal(1, (await other.ReceiveHeaderAsync()).Xid);
    }

    [Fact]
    public async Task Garbage_harms_nobody()
    {
        using var other = await OpenAsync(nameof(OwnEnsemble));
        var random = new Random(1);
        for (var i = 0; i < 50; i++)
        {
            using var raw = await OpenAsync(nameof(OwnEnsemble));
            var frame = RawClient.Request(1, random.Next(-12, 110), new PathRecord { Path = new string('x', random.Next(60)) });
            for (var flips = random.Next(20); flips >= 0; flips--) frame[random.Next(8, frame.Length)] = (byte)random.Next(256);
            await raw.SendBytesAsync(frame);
            await raw.SendAsync(2, (int)Opcode.CloseSession, default(NothingRecord));
            while (await raw.ReceiveAsync() is not null)
            {
                // answered or closed, either is fine
            }
        }

        await other.SendAsync(1, (int)Opcode.Exists, new ReadRecord { Path = "/zookeeper" });
        Assert.Equal(1, (await other.ReceiveHeaderAsync()).Xid);
    }

    [Fact]
    public async Task The_longest_frame_allowed_is_taken()
    {
        using var raw = await OpenAsync(nameof(OwnEnsemble));
        var data = new byte[MostBytes - 8 - 4 - 8 - 4 - 4];        // header, path, lengths, version
        await raw.SendAsync(1, (int)Opcode.SetData, new SetDataRecord { Path = "/nowhere", Data = Blob.Wrap(data), Version = -1 });
        Assert.Equal((1, -101), await raw.ReceiveHeaderAsync() is var header ? (header.Xid, header.Error) : default);
    }

    [Fact]
    public async Task A_client_that_asks_and_never_reads_is_made_to_wait_and_harms_nobody()
    {
        using var raw = await OpenAsync(nameof(OwnEnsemble));
        await raw.SendAsync(1, (int)Opcode.Create, new CreateRecord { Path = "/big", Data = Blob.Wrap(new byte[500_000]), Acl = AclRecord.Of(AclList.Open) });
        Assert.Equal(0, (await raw.ReceiveHeaderAsync()).Error);
        for (var xid = 2; xid < 500; xid++) await raw.SendAsync(xid, (int)Opcode.GetData, new ReadRecord { Path = "/big" });
        using var other = await OpenAsync(nameof(OwnEnsemble));
        await other.SendAsync(1, (int)Opcode.Exists, new ReadRecord { Path = "/zookeeper" });
        Assert.Equal(1, (await other.ReceiveHeaderAsync()).Xid);
        for (var xid = 2; xid < 500; xid++) Assert.Equal(xid, (await raw.ReceiveHeaderAsync()).Xid);
    }

    [Theory(Timeout = Targets.LimitMs), Apache, Own]
    public async Task Four_letter_words_are_answered_in_text(string target)
    {
        using var open = await OpenAsync(target);
        await open.SendAsync(1, (int)Opcode.GetData, new ReadRecord { Path = "/zookeeper", Watch = true });
        await open.ReceiveHeaderAsync();
        Assert.Equal("imok", await AskAsync(target, "ruok"));
        Assert.Equal("rw", await AskAsync(target, "isro"));
        Assert.Matches(
            @"^Zookeeper version: 3\.8\..*\nLatency min/avg/max: \d+/\d+\.\d+/\d+\nReceived: \d+\nSent: \d+\nConnections: \d+\nOutstanding: \d+\nZxid: 0x[0-9a-f]+\nMode: (leader|follower|standalone)\nNode count: \d+\n",
            await AskAsync(target, "srvr"));
        Assert.Matches(@"\nClients:\n( /127\.0\.0\.1:\d+\[[01]\]\(queued=\d+,recved=\d+,sent=\d+\)\n)+\nLatency min/avg/max", await AskAsync(target, "stat"));
        Assert.Matches(@"^zk_version\t.*\nzk_server_state\t\w+\n(zk_.+\t.+\n)+$", await AskAsync(target, "mntr"));
        Assert.Matches(@"^clientPort=\d+\nsecureClientPort=-1\ndataDir=.*version-2\n(\w+=.*\n)+", await AskAsync(target, "conf"));
        Assert.Matches(@" /127\.0\.0\.1:\d+\[1\]\(queued=0,recved=\d+,sent=\d+,sid=0x[0-9a-f]+,lop=GETD,est=\d+,to=4000,lcxid=0x1,lzxid=0x[0-9a-f]+,", await AskAsync(target, "cons"));
        Assert.StartsWith("SessionTracker dump:\n", await AskAsync(target, "dump"), StringComparison.Ordinal);
        Assert.Matches(@"\d+ connections watching \d+ paths\nTotal watches:\d+\n", await AskAsync(target, "wchs"));
        Assert.Matches(@"^0x[0-9a-f]+\n\t/zookeeper\n", await AskAsync(target, "wchc"));
        Assert.Matches(@"^/zookeeper\n\t0x[0-9a-f]+\n", await AskAsync(target, "wchp"));
        Assert.Matches(@"^datadir_size: \d+\nlogdir_size: \d+\n$", await AskAsync(target, "dirs"));
        Assert.StartsWith("Environment:\nzookeeper.version=3.8.", await AskAsync(target, "envi"), StringComparison.Ordinal);
        Assert.Equal("Connection stats reset.\n", await AskAsync(target, "crst"));
        Assert.Equal("Server stats reset.\n", await AskAsync(target, "srst"));
    }

    private async Task<RawClient> ConnectAsync(string target) => await RawClient.ConnectAsync((await targets.GetAsync(target)).Connect);

    private async Task<RawClient> OpenAsync(string target) => await RawClient.OpenSessionAsync((await targets.GetAsync(target)).Connect);

    private async Task<string> AskAsync(string target, string word) => await FourLetters.AskAsync(RawClient.PortOf((await targets.GetAsync(target)).Connect), word);
}
