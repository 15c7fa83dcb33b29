using Microsoft.Extensions.Logging.Abstractions;
using Reference.Broker.Configuration;
using Reference.Broker.Ensemble.Storage;
using Reference.Broker.Hosting;
using Reference.Integration.Hosting;
using Reference.Zab;
using static Reference.Integration.Ensemble.ServerOnDisk;

namespace Reference.Integration.Ensemble;

public sealed class StorageTests
{
    private const string FirstLog = "version-2/log.1";

    private static readonly Write[] NewEpoch = [new AcceptEpoch(1), new EnterEpoch(1)];

    [Fact]
    public async Task What_was_persisted_is_recovered()
    {
        using var folder = new TemporaryFolder();
        await using (var server = new ServerOnDisk(folder))
        {
            Assert.Equal(Durable.New, server.Recovered.Durable);
            await server.WriteAsync([.. NewEpoch, Entry(1, 1), Entry(1, 2), Entry(1, 3), new Truncate(Zxid.Of(1, 2)), new AcceptEpoch(2), Entry(2, 1), new EnterEpoch(2)]);
        }

        await using var again = new ServerOnDisk(folder);
        Assert.Equal((2, 2), (again.Recovered.Durable.AcceptedEpoch, again.Recovered.Durable.CurrentEpoch));
        Assert.Equal(["1.1", "1.2", "2.1"], again.History);
        Assert.Equal(Entry(1, 2).Txn, again.Recovered.Durable.History.Entries[1].Txn);
    }

    [Fact]
    public async Task A_crash_before_the_first_epoch_is_entered_leaves_a_server_of_epoch_0_with_the_history_it_was_sent()
    {
        using var folder = new TemporaryFolder();
        await using (var server = new ServerOnDisk(folder)) await server.WriteAsync(new AcceptEpoch(1), Entry(1, 1));
        await using var again = new ServerOnDisk(folder);
        Assert.Equal((1, 0), (again.Recovered.Durable.AcceptedEpoch, again.Recovered.Durable.CurrentEpoch));
        Assert.Equal(["1.1"], again.History);
    }

    [Theory, InlineData("version-2/acceptedEpoch"), InlineData("version-2/currentEpoch")]
    public async Task A_lost_epoch_stops_the_process(string name)
    {
        using var folder = new TemporaryFolder();
        await using (var server = new ServerOnDisk(folder)) await server.WriteAsync([.. NewEpoch, Entry(1, 1)]);
        File.Delete(folder.At(name));
        using var disk = new FileDisk(folder.Path);
        Assert.Contains("it is missing, though there is a history", Assert.Throws<CorruptFileException>(() => Recovery.Run(disk, NullLogger.Instance)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task All_records_that_wait_share_one_sync()
    {
        using var folder = new TemporaryFolder();
        await using var server = new ServerOnDisk(folder);
        await server.WriteAsync(NewEpoch);
        await server.WriteAsync([.. Enumerable.Range(1, 1000).Select(i => Entry(1, (uint)i))]);
        Assert.Equal([1, 1, 1000], server.Reports);
    }

    [Fact]
    public async Task A_tail_torn_at_any_byte_is_cut_off()
    {
        using var folder = new TemporaryFolder();
        var (durable, whole) = await WriteThreeGroupsAsync(folder);
        for (var cut = durable; cut < whole; cut++)
        {
            using var torn = folder.Copy();
            var log = await File.ReadAllBytesAsync(torn.At(FirstLog));
            log.AsSpan(cut).Clear();
            await File.WriteAllBytesAsync(torn.At(FirstLog), log);
            await using (var server = new ServerOnDisk(torn))
            {
                Assert.Equal(["1.1", "1.2", "1.3", "1.4", "1.5"], server.History.Concat(["1.5"]).Distinct());
                await server.WriteAsync(new Truncate(Zxid.Of(1, 4)), Entry(2, 1));
            }
            await using var again = new ServerOnDisk(torn);
            Assert.Equal(["1.1", "1.2", "1.3", "1.4", "2.1"], again.History);
        }
    }

    [Fact]
    public async Task A_flipped_bit_in_what_was_synced_before_stops_the_process_with_file_and_offset()
    {
        using var folder = new TemporaryFolder();
        var (durable, _) = await WriteThreeGroupsAsync(folder);
        var log = await File.ReadAllBytesAsync(folder.At(FirstLog));
        using var disk = new FileDisk(folder.Path);
        for (var at = 0; at < durable; at++)
        {
            log[at] ^= (byte)(1 << (at % 8));
            await File.WriteAllBytesAsync(folder.At(FirstLog), log);
            var corrupt = Assert.Throws<CorruptFileException>(() => Recovery.Run(disk, NullLogger.Instance));
            Assert.Equal(folder.At(FirstLog), corrupt.File);
            Assert.InRange(corrupt.Offset, 0, at);
            Assert.Contains("backup", corrupt.Message, StringComparison.Ordinal);
            log[at] ^= (byte)(1 << (at % 8));
        }
    }

    [Theory, InlineData("version-2/acceptedEpoch"), InlineData("version-2/currentEpoch"), InlineData("version-2/snapshot.100000001")]
    public async Task A_flipped_bit_in_any_other_file_stops_the_process(string name)
    {
        using var folder = new TemporaryFolder();
        await using (var server = new ServerOnDisk(folder))
        {
            await server.WriteAsync([.. NewEpoch, Entry(1, 1), Entry(1, 2)]);
            await server.SnapshotAsync(Zxid.Of(1, 1), 1, 2, 3, 4);
        }

        using var disk = new FileDisk(folder.Path);
        var bytes = await File.ReadAllBytesAsync(folder.At(name));
        for (var at = 0; at < bytes.Length; at++)
        {
            bytes[at] ^= 4;
            await File.WriteAllBytesAsync(folder.At(name), bytes);
            Assert.Equal(folder.At(name), Assert.Throws<CorruptFileException>(() => Recovery.Run(disk, NullLogger.Instance)).File);
            bytes[at] ^= 4;
        }
    }

    [Fact]
    public async Task An_installed_snapshot_is_there_whole_or_not_at_all()
    {
        using var folder = new TemporaryFolder();
        await using var server = new ServerOnDisk(folder);
        await server.WriteAsync([.. NewEpoch, Entry(1, 1), Entry(1, 2)]);
        await server.WriteAsync(new InstallSnapshot(Zxid.Of(2, 7), new(new byte[] { 5, 6 })));

        using (var before = folder.Copy())
        {
            File.Move(before.At("version-2/snapshot.200000007"), before.At("version-2/snapshot.200000007.install.tmp"));
            await using (var kept = new ServerOnDisk(before))
            {
                Assert.Equal(["1.1", "1.2"], kept.History);
                Assert.Null(kept.Recovered.Snapshot);
                await kept.WriteAsync(Entry(1, 3));
            }
            await using var on = new ServerOnDisk(before);
            Assert.Equal(["1.1", "1.2", "1.3"], on.History);
        }

        await server.WriteAsync(Entry(2, 8));
        using var after = folder.Copy();
        await using var installed = new ServerOnDisk(after);
        Assert.Equal(Zxid.Of(2, 7), installed.Recovered.Durable.History.Base);
        Assert.Equal(["2.8"], installed.History);
        Assert.Equal([5, 6], installed.Recovered.Snapshot!.Value.ToArray());
    }

    [Fact]
    public async Task Old_snapshots_and_the_logs_that_only_they_need_are_purged()
    {
        using var folder = new TemporaryFolder();
        await using (var server = new ServerOnDisk(folder))
        {
            await server.WriteAsync(NewEpoch);
            for (uint i = 1; i <= 6; i++)
            {
                await server.WriteAsync(Entry(1, 2 * i - 1), Entry(1, 2 * i));
                await server.SnapshotAsync(Zxid.Of(1, 2 * i - 1), (byte)i);
            }
            await server.WriteAsync(Entry(1, 13));
        }

        var names = Directory.GetFiles(folder.At("version-2")).Select(Path.GetFileName).Order(StringComparer.Ordinal);
        Assert.Equal(["acceptedEpoch", "currentEpoch", "log.100000007", "log.100000009", "log.10000000b", "log.10000000d", "snapshot.100000007", "snapshot.100000009", "snapshot.10000000b"], names);
        await using var again = new ServerOnDisk(folder);
        Assert.Equal(["1.12", "1.13"], again.History);
        Assert.Equal([6], again.Recovered.Snapshot!.Value.ToArray());
    }

    [Fact]
    public async Task A_log_file_that_is_missing_stops_the_process()
    {
        using var folder = new TemporaryFolder();
        await using (var server = new ServerOnDisk(folder))
        {
            await server.WriteAsync([.. NewEpoch, Entry(1, 1)]);
            await server.SnapshotAsync(Zxid.Of(1, 1), 1);
            await server.WriteAsync(Entry(1, 2));
        }
        File.Delete(folder.At("version-2/snapshot.100000001"));
        File.Delete(folder.At(FirstLog));
        using var disk = new FileDisk(folder.Path);
        Assert.Contains("missing", Assert.Throws<CorruptFileException>(() => Recovery.Run(disk, NullLogger.Instance)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_in_use_or_of_another_server_is_refused()
    {
        using var folder = new TemporaryFolder();
        using var disk = new FileDisk(folder.Path);
        using (DataFolder.Claim(disk, 1, [1, 2, 3]))
            Assert.Contains($"in use by process {Environment.ProcessId}", Assert.Throws<UserError>(() => DataFolder.Claim(disk, 1, [1, 2, 3])).Message, StringComparison.Ordinal);
        Assert.Contains("holds the data of server 1, and this is server 2", Assert.Throws<UserError>(() => DataFolder.Claim(disk, 2, [1, 2, 3])).Message, StringComparison.Ordinal);
        Assert.Contains("ensemble of servers 1,2,3", Assert.Throws<UserError>(() => DataFolder.Claim(disk, 1, [1, 2])).Message, StringComparison.Ordinal);
        using var again = DataFolder.Claim(disk, 1, [1, 2, 3]);
    }

    /// <summary>Five transactions in three groups, the last of one transaction; where the log ends before it and after.</summary>
    private static async Task<(int Durable, int Whole)> WriteThreeGroupsAsync(TemporaryFolder folder)
    {
        await using var server = new ServerOnDisk(folder);
        await server.WriteAsync([.. NewEpoch, Entry(1, 1), Entry(1, 2)]);
        await server.WriteAsync(Entry(1, 3), Entry(1, 4));
        var durable = Used(folder);
        await server.WriteAsync(Entry(1, 5));
        var whole = Used(folder);
        using var crashed = folder.Copy();
        await server.DisposeAsync();
        File.Copy(crashed.At(FirstLog), folder.At(FirstLog), overwrite: true);
        return (durable, whole);
    }

    private static int Used(TemporaryFolder folder)
    {
        using var disk = new FileDisk(folder.Path);
        return (int)LogContent.Read(disk, FirstLog, isLast: true).End;
    }
}
