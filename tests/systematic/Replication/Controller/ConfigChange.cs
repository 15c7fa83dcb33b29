using Reference.Replication.Control;

namespace Reference.Systematic.Replication;

public class ConfigChangesTests
{
    private static readonly TopicSettings Now = new(TopicSettings.None.Values.Add("retention.ms", "5").Add("cleanup.policy", "compact"));

    private static ConfigOutcome Apply(params ConfigChange[] changes) => ConfigChanges.Apply(Now, changes, name => name == "cleanup.policy" ? "delete" : "");

    private static ConfigChange Change(string name, ConfigOperation operation, string? value = null) => new(name, operation, value);

    [Fact, Trait("Rule", "CTRL-CONFIG-1")]
    public void What_is_given_replaces_all()
    {
        var outcome = ConfigChanges.Replace([Change("segment.bytes", ConfigOperation.Set, "100")]);
        Assert.Equal((ErrorCode.None, "segment.bytes"), (outcome.Error, Assert.Single(outcome.Settings.Values).Key));
        Assert.Equal(ErrorCode.InvalidRequest, ConfigChanges.Replace([Change("segment.bytes", ConfigOperation.Set)]).Error);
    }

    [Fact, Trait("Rule", "CTRL-CONFIG-2")]
    public void What_is_not_named_stays()
    {
        var values = Apply(Change("retention.ms", ConfigOperation.Delete), Change("flush.messages", ConfigOperation.Set, "1")).Settings.Values;
        Assert.Equal([("cleanup.policy", "compact"), ("flush.messages", "1")], values.Select(v => (v.Key, v.Value)));
    }

    [Fact, Trait("Rule", "CTRL-CONFIG-2")]
    public void Lists_grow_and_shrink()
    {
        Assert.Equal("compact,delete", Apply(Change("cleanup.policy", ConfigOperation.Append, "delete,compact")).Settings.Values["cleanup.policy"]);
        Assert.Equal("delete,compact", ConfigChanges.Apply(TopicSettings.None, [Change("cleanup.policy", ConfigOperation.Append, "compact")], _ => "delete").Settings.Values["cleanup.policy"]);
        Assert.Equal(ErrorCode.InvalidRequest, Apply(Change("cleanup.policy", ConfigOperation.Subtract, "compact")).Error);
        Assert.Equal(ErrorCode.InvalidRequest, Apply(Change("retention.ms", ConfigOperation.Append, "7")).Error);
    }

    [Theory, Trait("Rule", "CTRL-CONFIG-2")]
    [InlineData("retention.m", (sbyte)0, "5", ErrorCode.InvalidConfig)]
    [InlineData("retention.ms", (sbyte)0, "soon", ErrorCode.InvalidRequest)]
    [InlineData("retention.ms", (sbyte)0, null, ErrorCode.InvalidRequest)]
    [InlineData("retention.ms", (sbyte)4, "5", ErrorCode.InvalidRequest)]
    public void One_that_is_not_allowed_changes_nothing(string name, sbyte operation, string? value, ErrorCode error) =>
        Assert.Equal(error, Apply(Change("flush.messages", ConfigOperation.Set, "1"), new(name, (ConfigOperation)operation, value)).Error);

    [Fact, Trait("Rule", "CTRL-CONFIG-2")]
    public void A_setting_that_is_named_twice_is_refused() =>
        Assert.Equal(ErrorCode.InvalidRequest, Apply(Change("retention.ms", ConfigOperation.Set, "1"), Change("retention.ms", ConfigOperation.Delete)).Error);
}
