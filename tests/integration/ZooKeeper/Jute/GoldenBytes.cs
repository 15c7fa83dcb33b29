using System.Buffers;
using Reference.Broker.Hosting;
using Reference.Broker.ZooKeeper.Jute;
using Reference.Coordination;

namespace Reference.Integration.ZooKeeper.Jute;

/// <summary>A few frames spelt out byte by byte, from the protocol's layout.</summary>
public sealed class GoldenBytes
{
    [Fact]
    public void A_connect_request_of_a_present_client() => Spells(
        new ConnectRequest { LastZxidSeen = 0x0000000100000002, TimeOutMs = 10_000, SessionId = 0x0100000000000007, Password = Blob.Wrap(new byte[16]), ReadOnly = false },
        "00000000" + "0000000100000002" + "00002710" + "0100000000000007" + "00000010" + "00000000000000000000000000000000" + "00");

    [Fact]
    public void A_connect_request_of_an_older_client_has_no_read_only_field() => Spells(
        new ConnectRequest { TimeOutMs = 10_000, Password = Blob.Wrap([]) },
        "00000000" + "0000000000000000" + "00002710" + "0000000000000000" + "00000000");

    [Fact]
    public void A_create_request() => Spells(
        new CreateRecord
        {
            Path = "/a",
            Data = Blob.Wrap([0xca, 0xfe]),
            Acl = [new AclRecord { Permissions = 31, Identity = new IdRecord { Scheme = "world", Id = "anyone" } }],
            Flags = 3,
        },
        "000000022f61" + "00000002cafe" + "00000001" + "0000001f" + "00000005776f726c64" + "00000006616e796f6e65" + "00000003");

    [Fact]
    public void A_reply_header() => Spells(new ReplyHeader { Xid = 5, Zxid = 0x300000009, Error = -101 }, "00000005" + "0000000300000009" + "ffffff9b");

    [Fact]
    public void A_watch_event() => Spells(new WatcherEvent { Type = 3, State = WatcherEvent.Connected, Path = "/a" }, "00000003" + "00000003" + "000000022f61");

    [Fact]
    public void A_stat() => Spells(
        new StatRecord { Czxid = 1, Mzxid = 2, CreatedMs = 3, ModifiedMs = 4, Version = 5, ChildVersion = 6, AclVersion = 7, EphemeralOwner = 8, DataLength = 9, ChildCount = 10, Pzxid = 11 },
        "0000000000000001" + "0000000000000002" + "0000000000000003" + "0000000000000004" + "00000005" + "00000006" + "00000007" + "0000000000000008" + "00000009"
            + "0000000a" + "000000000000000b");

    [Fact]
    public void A_multi_of_a_check_and_a_delete() => Spells(
        new MultiRecord
        {
            Operations =
            [
                new MultiOperationRecord { Header = new MultiHeader { Type = 13, Error = -1 }, Versioned = new PathAndNumber { Path = "/a", Number = 2 } },
                new MultiOperationRecord { Header = new MultiHeader { Type = 2, Error = -1 }, Versioned = new PathAndNumber { Path = "/b", Number = -1 } },
            ],
        },
        "0000000d" + "00" + "ffffffff" + "000000022f61" + "00000002" + "00000002" + "00" + "ffffffff" + "000000022f62" + "ffffffff" + "ffffffff" + "01" + "ffffffff");

    [Fact]
    public void The_results_of_a_multi_that_failed_at_its_second_operation() => Spells(
        new MultiReply
        {
            Results =
            [
                new MultiResultRecord { Header = new MultiHeader { Type = -1 }, Error = new NumberRecord { Number = 0 } },
                new MultiResultRecord { Header = new MultiHeader { Type = -1, Error = -101 }, Error = new NumberRecord { Number = -101 } },
            ],
        },
        "ffffffff" + "00" + "00000000" + "00000000" + "ffffffff" + "00" + "ffffff9b" + "ffffff9b" + "ffffffff" + "01" + "ffffffff");

    [Fact]
    public void Set_watches_with_null_and_empty_vectors() => Spells(
        new SetWatchesRecord { LastZxidSeen = 1, Data = ["/a"], Exist = [], Child = null },
        "0000000000000001" + "00000001" + "000000022f61" + "00000000" + "ffffffff");

    [Theory]
    [InlineData("ffffffff", null)]
    [InlineData("00000000", "")]
    [InlineData("fffffffe", "a string of length -2")]
    [InlineData("7fffffff61", "a string of length 2147483647 where 1 bytes are left")]
    [InlineData("000000", "the frame ends early: 4 bytes of int wanted, 3 left")]
    public void A_length_is_believed_only_if_the_frame_can_hold_it(string hex, string? expected)
    {
        var frame = Convert.FromHexString(hex);
        if (expected is null or "") Assert.Equal(expected, new JuteReader(frame).Read<PathRecord>().Path);
        else Assert.Equal(expected, Assert.Throws<MalformedFrameException>(() => { new JuteReader(frame).Read<PathRecord>(); }).Message);
    }

    private static void Spells<T>(T record, string hex) where T : struct, IRecord
    {
        var buffer = new ArrayBufferWriter<byte>();
        new JuteWriter(buffer).Write(record);
        Assert.Equal(hex, Convert.ToHexStringLower(buffer.WrittenSpan));

        var reader = new JuteReader(Convert.FromHexString(hex));
        Assert.Equal(JuteText.Of(record), JuteText.Of(reader.Read<T>()));
        Assert.Equal(0, reader.Left);
    }
}
