using System.Text.RegularExpressions;

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
}
