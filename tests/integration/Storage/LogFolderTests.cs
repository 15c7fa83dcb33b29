using Reference.Broker.Configuration;
using Reference.Broker.Hosting;
using Reference.Broker.Storage;
using Reference.Replication;

namespace Reference.Integration.Storage;

public class LogFolderTests : LogOnDisk
{
    private string BootId { get; set; } = "one";

    private LogFolder OpenFolder() => LogFolder.Open(Disk, Clock, _ => Small, BootId, Said);

    [Fact, Trait("Rule", "LOG-RECOVER-4")]
    public async Task The_mark_of_a_stop_in_order_is_there_only_after_one()
    {
        var first = OpenFolder();
        Assert.True(first.StoppedInOrder);
        first.Create(new("a-b", 7), Small).Append(Batches.Of(0, 0, 1, "x"));
        await first.CloseAsync();
        Assert.True(Disk.Exists(".kafka_cleanshutdown"));

        var second = OpenFolder();
        Assert.True(second.StoppedInOrder);
        Assert.False(Disk.Exists(".kafka_cleanshutdown"));
        Assert.Equal(1, second.Logs[new("a-b", 7)].EndOffset);
        second.Logs[new("a-b", 7)].Dispose();

        var third = OpenFolder();
        Assert.False(third.StoppedInOrder);
        Assert.True(third.TailKept);
        third.Logs[new("a-b", 7)].Dispose();

        BootId = "two";
        var fourth = OpenFolder();
        Assert.False(fourth.TailKept);
        fourth.Logs[new("a-b", 7)].Dispose();
        var fifth = OpenFolder();
        Assert.False(fifth.TailKept);
        fifth.MarkTailKept();
        fifth.Logs[new("a-b", 7)].Dispose();
        third = OpenFolder();
        Assert.True(third.TailKept);
        await third.CloseAsync();
    }

    [Fact]
    public async Task Checkpoints_are_texts_as_kafka_s()
    {
        var folder = OpenFolder();
        folder.Create(new("t", 1), Small).Append(Batches.Of(0, 0, 1, "x", "y"));
        folder.Create(new("t", 0), Small);
        folder.NoteHighWatermark(new("t", 1), 1);
        folder.NoteHighWatermark(new("t", 0), 0);
        await folder.CloseAsync();
        Assert.Equal("0\n2\nt 0 0\nt 1 1\n", File.ReadAllText(Full("replication-offset-checkpoint")));
        Assert.Equal("0\n2\nt 0 0\nt 1 2\n", File.ReadAllText(Full("recovery-point-offset-checkpoint")));
        Assert.Equal("0\n0\n", File.ReadAllText(Full("log-start-offset-checkpoint")));

        var again = OpenFolder();
        Assert.Equal(1, again.HighWatermarkOf(new("t", 1)));
        await again.CloseAsync();
    }

    [Theory]
    [InlineData("")]
    [InlineData("1\n0\n")]
    [InlineData("0\n2\nt 0 0\n")]
    [InlineData("0\n1\nt 0\n")]
    [InlineData("0\n1\nt 0 zero\n")]
    [InlineData("0\n1\nt 0 1")]
    public void A_checkpoint_that_isn_t_one_is_named(string text)
    {
        File.WriteAllText(Full("replication-offset-checkpoint"), text);
        var error = Assert.Throws<CorruptFileException>(OpenFolder);
        Assert.Equal(Full("replication-offset-checkpoint"), error.File);
    }

    [Fact]
    public async Task A_deleted_partition_is_gone_and_what_a_crash_left_of_it_goes_at_start()
    {
        var folder = OpenFolder();
        folder.Create(new("t", 0), Small).Append(Batches.Of(0, 0, 1, "x"));
        folder.Delete(new("t", 0));
        Assert.DoesNotContain(Disk.List(""), name => name.StartsWith("t-0", StringComparison.Ordinal));
        Disk.CreateFolder("t-0.0123456789abcdef0123456789abcdef-delete");
        await folder.CloseAsync();
        var again = OpenFolder();
        Assert.Empty(again.Logs);
        Assert.DoesNotContain(Disk.List(""), name => name.StartsWith("t-0", StringComparison.Ordinal));
        await again.CloseAsync();
    }

    [Fact]
    public void A_folder_of_another_broker_or_cluster_is_refused()
    {
        new MetaProperties(1, "aaa").Claim(Disk);
        new MetaProperties(1, "aaa").Claim(Disk);
        Assert.Equal(new(1, "aaa"), MetaProperties.Read(Disk));
        Assert.Throws<UserError>(() => new MetaProperties(2, "aaa").Claim(Disk));
        Assert.Throws<UserError>(() => new MetaProperties(1, "bbb").Claim(Disk));
    }

    [Fact]
    public void Meta_properties_written_by_kafka_are_read()
    {
        File.WriteAllText(Full("meta.properties"), "#\n#Mon Nov 23 10:00:00 UTC 2020\ncluster.id=tN7Q-xyz\nversion=0\nbroker.id=3\n");
        Assert.Equal(new(3, "tN7Q-xyz"), MetaProperties.Read(Disk));
    }
}
