using System.Text.RegularExpressions;
using Reference.Integration.Clients.Groups;

namespace Reference.Integration.Clients;

/// <summary>kcat, as an operator types it.</summary>
[Collection(SharedCluster.Name)]
public sealed class Kcat(LocalClusterFixture fixture)
{
    [InstalledFact(Installed.Kcat)]
    public async Task It_lists_three_brokers()
    {
        await fixture.ServingAsync();
        var listed = await Installed.Run(Installed.Kcat, "", "-b", fixture.Cluster.Bootstrap, "-L");
        Assert.Equal(0, listed.ExitCode);
        Assert.Contains("3 brokers:", listed.StandardOutput, StringComparison.Ordinal);
        foreach (var broker in fixture.Cluster.Brokers) Assert.Matches(new Regex($"broker {broker.Id} at {Regex.Escape(broker.Address)}( \\(controller\\))?"), listed.StandardOutput);
        Assert.Single(Regex.Matches(listed.StandardOutput, @"\(controller\)"));
    }

    [InlineData("none")]
    [InlineData("gzip")]
    [InlineData("snappy")]
    [InlineData("lz4")]
    [InlineData("zstd")]
    [InstalledTheory(Installed.Kcat)]
    public async Task What_it_produces_with_acks_all_it_reads_back(string codec)
    {
        var topic = fixture.NewName("kcat");
        var lines = Enumerable.Range(0, 1000).Select(i => $"line {i:D4} of {codec}").ToList();
        var produced = await Installed.Run(Installed.Kcat, string.Join('\n', lines) + "\n",
            "-b", fixture.Cluster.Bootstrap, "-P", "-t", topic, "-z", codec, "-X", "acks=all", "-X", "enable.idempotence=false");
        Assert.True(produced.ExitCode == 0, produced.StandardError);
        var consumed = await Installed.Run(Installed.Kcat, "", "-b", fixture.Cluster.Bootstrap, "-C", "-t", topic, "-o", "beginning", "-e", "-q");
        Assert.Equal(lines, consumed.StandardOutput.Split('\n', StringSplitOptions.RemoveEmptyEntries).Distinct());
    }

    [InstalledFact(Installed.Kcat)]
    public async Task Records_of_a_key_come_back_with_it_and_in_their_order()
    {
        var topic = fixture.NewName("kcat-keys");
        var lines = Enumerable.Range(0, 500).Select(i => $"key-{i % 7}:{i:D4}").ToList();
        var produced = await Installed.Run(Installed.Kcat, string.Join('\n', lines) + "\n", "-b", fixture.Cluster.Bootstrap, "-P", "-t", topic, "-K", ":", "-X", "acks=all", "-X", "enable.idempotence=true");
        Assert.True(produced.ExitCode == 0, produced.StandardError);
        var consumed = await Installed.Run(Installed.Kcat, "", "-b", fixture.Cluster.Bootstrap, "-C", "-t", topic, "-o", "beginning", "-e", "-q", "-f", "%k:%s\\n");
        var read = consumed.StandardOutput.Split('\n', StringSplitOptions.RemoveEmptyEntries).ToList();
        Assert.Equal(lines.Order(StringComparer.Ordinal), read.Order(StringComparer.Ordinal));
        foreach (var key in read.GroupBy(line => line.Split(':')[0])) Assert.Equal(key.Order(StringComparer.Ordinal), key);
    }

    [InstalledFact(Installed.Kcat)]
    public Task A_group_of_three_survives_a_member_and_its_coordinator() =>
        GroupScenario.RunAsync(fixture, "kcat", (bootstrap, group, topic) => GroupMember.Start(Installed.Kcat, "-b", bootstrap, "-G", group, "-u", "-f", "%p %o %s\\n",
            "-X", "session.timeout.ms=6000", "-X", "auto.offset.reset=earliest", "-X", "auto.commit.interval.ms=200", topic));
}
