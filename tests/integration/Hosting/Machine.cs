using System.Net;
using Reference.Broker.Hosting;

namespace Reference.Integration.Hosting;

public sealed class Machine
{
    [Fact]
    public void A_port_that_is_listened_on_is_in_use()
    {
        using var first = TcpNetwork.Instance.Listen(new(IPAddress.Loopback, 0));
        var error = Assert.Throws<AddressInUseException>(() => TcpNetwork.Instance.Listen(first.Local));
        Assert.Contains(first.Local.Port.ToString(System.Globalization.CultureInfo.InvariantCulture), error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_port_can_be_taken_again_at_once()
    {
        var listener = TcpNetwork.Instance.Listen(new(IPAddress.Loopback, 0));
        var dial = TcpNetwork.Instance.ConnectAsync("127.0.0.1", listener.Local.Port, default);
        using var accepted = await listener.AcceptAsync(default);
        using var dialled = await dial;
        accepted!.Dispose();       // this end closes first, so the port keeps a connection in TIME_WAIT
        Assert.Equal(0, await dialled.ReadAsync(new byte[1], default));
        listener.Dispose();
        using var again = TcpNetwork.Instance.Listen(listener.Local);
        Assert.Equal(listener.Local, again.Local);
    }

    [Fact]
    public async Task A_disposed_listener_accepts_no_more()
    {
        var listener = TcpNetwork.Instance.Listen(new(IPAddress.Loopback, 0));
        var accept = listener.AcceptAsync(default);
        listener.Dispose();
        Assert.Null(await accept);
    }

    [Fact]
    public void A_locked_folder_tells_who_has_it()
    {
        using var folder = new TemporaryFolder();
        using var disk = new FileDisk(folder.Path);
        using var other = new FileDisk(folder.Path);
        using (disk.TryLock("lock"))
        {
            Assert.Null(other.TryLock("lock"));
            Assert.Equal(Environment.ProcessId, other.LockedBy("lock"));
        }
        using var again = other.TryLock("lock");
        Assert.NotNull(again);
    }

    [Fact]
    public async Task What_is_preallocated_reads_as_zeros_until_written()
    {
        using var folder = new TemporaryFolder();
        using var disk = new FileDisk(folder.Path);
        using var file = disk.Open("file", create: true);
        file.Preallocate(100_000);
        file.Write(70_000, [new byte[] { 1, 2 }, new byte[] { 3 }]);
        await file.FlushAsync();
        var content = new byte[100_001];
        Assert.Equal(100_000, file.Read(0, content));
        Assert.Equal([0, 1, 2, 3, 0], content[69_999..70_004]);
        Assert.Throws<FileNotFoundException>(() => disk.Open("none", create: false));
    }

    [Fact]
    public async Task An_alarm_that_was_moved_rings_once_and_later()
    {
        var rung = new TaskCompletionSource<long>(TaskCreationOptions.RunContinuationsAsynchronously);
        var clock = SystemClock.Instance;
        using var alarms = new Alarms<string>(clock, name =>
        {
            if (name == "moved") rung.SetResult(clock.NowMs);
        });
        var began = clock.NowMs;
        alarms.Set("moved", 20);
        alarms.Set("off", 30);
        alarms.Cancel("off");
        alarms.Set("moved", 200);
        Assert.True(await rung.Task - began >= 200);
    }

    [Fact]
    public async Task A_full_inbox_makes_who_brings_more_wait()
    {
        var inbox = new MessageQueue<int>(capacity: 2);
        await inbox.PostAsync(1);
        await inbox.PostAsync(2);
        var third = inbox.PostAsync(3).AsTask();
        Assert.False(third.IsCompleted);
        Assert.Equal([1, 2], await inbox.DrainAsync());
        await third;
        Assert.Equal([3], await inbox.DrainAsync());
        inbox.Close();
        Assert.Null(await inbox.DrainAsync());
    }
}
