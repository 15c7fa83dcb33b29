using Reference.Integration.Clients.Groups;

namespace Reference.Integration.Clients;

/// <summary>kafkajs, on node: a third implementation of the client's side.</summary>
[Collection(SharedCluster.Name)]
public sealed class Kafkajs(LocalClusterFixture fixture)
{
    [InlineData("None")]
    [InlineData("GZIP")]
    [InstalledTheory(Installed.Kafkajs)]
    public async Task What_it_produces_with_a_codec_a_group_of_it_reads_in_the_order_of_keys(string codec)
    {
        await fixture.ServingAsync();
        var ran = await Installed.Run(Installed.Node, "", Installed.KafkajsScript("codec.js"), fixture.Cluster.Bootstrap, fixture.NewName("kafkajs"), codec);
        Assert.True(ran.ExitCode == 0, ran.StandardOutput + ran.StandardError);
        Assert.Equal("read 500 of 7 keys", ran.StandardOutput.Trim());
    }

    [InstalledFact(Installed.Kafkajs)]
    public Task A_group_of_three_survives_a_member_and_its_coordinator() =>
        GroupScenario.RunAsync(fixture, "kafkajs", (bootstrap, group, topic) => GroupMember.Start(Installed.Node, Installed.KafkajsScript("member.js"), bootstrap, group, topic));
}
