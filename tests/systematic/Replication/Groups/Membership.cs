using CsCheck;
using Reference.Replication.Groups;

namespace Reference.Systematic.Replication.Groups;

/// <summary>A consumer between its application and its coordinator.</summary>
public class MembershipTests
{
    private static readonly ConsumerGroupSettings Eager = new(["t"], [Assignor.Range], SessionTimeoutMs: 10_000, HeartbeatMs: 3_000, MaxPollMs: 60_000);
    private static readonly ConsumerGroupSettings Cooperative = Eager with { Assignors = [Assignor.CooperativeSticky] };

    /// <summary>A consumer, driven input by input, and what it ordered last.</summary>
    private sealed class Small(ConsumerGroupSettings settings)
    {
        private readonly GroupConsumer _rules = new(settings);
        public ConsumerState State { get; private set; } = ConsumerState.Start;
        public ImmutableArray<ConsumerEffect> Ordered { get; private set; } = [];
        public string? Ignored { get; private set; }

        public Small Take(ConsumerInput input)
        {
            var step = _rules.Take(State, input);
            (State, Ordered, Ignored) = (step.State, step.Effects, step.Ignored);
            return this;
        }

        public Small Joined(long now, int generation = 1, string member = "a", string leader = "a") => Take(new JoinTold(State.Request,
            new(GroupError.None, generation, settings.Assignors[0], leader, member, leader == member ? [new("a", null, ConsumerProtocol.Write(new Subscription(["t"], State.Owned)))] : []),
            ImmutableSortedDictionary.Create<string, int>(StringComparer.Ordinal).Add("t", 2), now));

        public Small Synced(long now, params int[] partitions) => Take(new SyncTold(State.Request, new(GroupError.None, ConsumerProtocol.Write(Set(partitions))), now));

        /// <summary>In a generation, with a share.</summary>
        public Small Stable(long now, params int[] partitions) => Take(new Polled(now)).Take(new CoordinatorFound(now)).Joined(now).Synced(now, partitions);
    }

    [Fact, Trait("Rule", "GROUP-MEMBER-1"), Trait("Rule", "GROUP-MEMBER-6")]
    public void It_joins_when_its_application_polls()
    {
        var c = new Small(Eager).Take(new Ticked(1));
        Assert.Empty(c.Ordered);
        Assert.IsType<FindCoordinator>(Assert.Single(c.Take(new Polled(2)).Ordered));
        Assert.Equal("", Assert.IsType<SendJoin>(Assert.Single(c.Take(new CoordinatorFound(3)).Ordered)).Member);
        Assert.Equal("a", Assert.IsType<SendJoin>(Assert.Single(c.Take(new JoinTold(c.State.Request, JoinAnswer.Refused(GroupError.MemberIdRequired, "a"), ImmutableSortedDictionary<string, int>.Empty, 4)).Ordered)).Member);
        var sync = Assert.IsType<SendSync>(Assert.Single(c.Joined(5).Ordered));
        Assert.Equal(Set(0, 1), ConsumerProtocol.ReadAssignment(sync.Assignments["a"]));
        Assert.Equal(Set(0, 1), Assert.IsType<Assign>(Assert.Single(c.Synced(6, 0, 1).Ordered)).Partitions);

        c.Take(new BeatTold(1, GroupError.RebalanceInProgress, 7));
        Assert.Empty(c.Ordered);
        Assert.Equal(Set(0, 1), Assert.IsType<Revoke>(Assert.Single(c.Take(new Polled(8)).Ordered)).Partitions);
        Assert.IsType<SendJoin>(Assert.Single(c.Take(new Released(9)).Ordered));
        Assert.Empty(c.State.Owned);
    }

    [Fact, Trait("Rule", "GROUP-MEMBER-2")]
    public void Heartbeats_go_on_while_records_are_processed()
    {
        var c = new Small(Eager).Stable(0, 0, 1);
        var beats = 0;
        for (var now = 100L; now <= 59_000; now += 100)
        {
            if (c.Take(new Ticked(now)).Ordered is not [SendBeat beat]) continue;
            beats++;
            c.Take(new BeatTold(beat.Generation, GroupError.None, now));
        }
        Assert.Equal(19, beats);
        Assert.Equal(ConsumerPhase.Stable, c.State.Phase);
    }

    [Fact, Trait("Rule", "GROUP-MEMBER-3")]
    public void An_application_that_does_not_poll_leaves_and_says_so()
    {
        var c = new Small(Eager).Stable(0, 0, 1);
        c.Take(new BeatTold(1, GroupError.None, 59_900));
        Assert.Empty(c.Take(new Ticked(60_000)).Ordered.OfType<SendLeave>());
        c.Take(new Ticked(60_001));
        Assert.Equal([typeof(Lose), typeof(Say), typeof(SendLeave)], c.Ordered.Select(e => e.GetType()));
        Assert.Contains("max.poll.interval.ms (60000 ms) is exceeded", ((Say)c.Ordered[1]).What, StringComparison.Ordinal);
        Assert.Empty(c.State.Owned);
        Assert.Equal("", Assert.IsType<SendJoin>(Assert.Single(c.Take(new Polled(70_000)).Ordered)).Member);

        var stays = new Small(Eager with { Instance = "i" }).Stable(0, 0).Take(new BeatTold(1, GroupError.None, 59_900)).Take(new Ticked(60_001));
        Assert.Empty(stays.Ordered.OfType<SendLeave>());
        Assert.Equal("a", stays.State.Member);
    }

    [Fact, Trait("Rule", "GROUP-MEMBER-4")]
    public void A_member_that_the_group_has_forgotten_gives_up_everything()
    {
        var c = new Small(Eager).Stable(0, 0, 1).Take(new BeatTold(1, GroupError.UnknownMemberId, 5));
        Assert.Equal(Set(0, 1), Assert.IsType<Lose>(c.Ordered[0]).Partitions);
        Assert.Equal((ConsumerPhase.Outside, ""), (c.State.Phase, c.State.Member));
        Assert.Equal("a", new Small(Eager).Stable(0, 0).Take(new BeatTold(1, GroupError.IllegalGeneration, 5)).State.Member);
        Assert.Empty(new Small(Eager).Stable(0, 0).Take(new BeatTold(0, GroupError.UnknownMemberId, 5)).Ordered);
        Assert.IsType<FindCoordinator>(Assert.Single(new Small(Eager).Stable(0, 0).Take(new BeatTold(1, GroupError.NotCoordinator, 5)).Ordered));
        var fenced = new Small(Eager with { Instance = "i" }).Stable(0, 0).Take(new BeatTold(1, GroupError.FencedInstanceId, 5));
        Assert.Equal(GroupError.FencedInstanceId, Assert.IsType<Fail>(fenced.Ordered[^1]).Error);
        Assert.NotNull(fenced.Take(new Polled(6)).Ignored);
    }

    [Fact, Trait("Rule", "GROUP-MEMBER-5")]
    public void Without_a_word_of_the_coordinator_everything_is_lost_after_a_session()
    {
        var c = new Small(Eager).Stable(0, 0, 1).Take(new Ticked(9_999));
        Assert.IsType<SendBeat>(Assert.Single(c.Ordered));
        Assert.Equal(Set(0, 1), Assert.IsType<Lose>(c.Take(new Ticked(10_000)).Ordered[0]).Partitions);
        Assert.IsType<FindCoordinator>(Assert.Single(c.Take(new Polled(10_001)).Ordered));
    }

    [Fact, Trait("Rule", "GROUP-MEMBER-7")]
    public void What_moves_is_given_up_before_it_is_given()
    {
        var c = new Small(Cooperative).Stable(0, 0, 1).Take(new BeatTold(1, GroupError.RebalanceInProgress, 5));
        var join = Assert.IsType<SendJoin>(Assert.Single(c.Take(new Polled(6)).Ordered));
        Assert.Equal(Set(0, 1), ConsumerProtocol.ReadSubscription(join.Protocols[0].Metadata)!.Owned);
        c.Joined(7, generation: 2).Synced(8, 0);
        Assert.Equal(Set(1), Assert.IsType<Revoke>(c.Ordered[0]).Partitions);
        Assert.Empty(Assert.IsType<Assign>(c.Ordered[1]).Partitions);
        Assert.Equal(Set(0), ConsumerProtocol.ReadSubscription(Assert.IsType<SendJoin>(Assert.Single(c.Take(new Released(9)).Ordered)).Protocols[0].Metadata)!.Owned);
    }

    [Fact, Trait("Rule", "GROUP-MEMBER-8")]
    public void A_lost_coordinator_is_looked_for_and_asked_again()
    {
        var c = new Small(Eager).Take(new Polled(1)).Take(new CoordinatorFound(1));
        var asked = c.State.Request;
        c.Take(new CoordinatorLost(2)).Take(new Polled(3));
        Assert.IsType<FindCoordinator>(Assert.Single(c.Ordered));
        Assert.IsType<SendJoin>(Assert.Single(c.Take(new CoordinatorFound(4)).Ordered));
        Assert.NotNull(c.Take(new JoinTold(asked, JoinAnswer.Refused(GroupError.UnknownMemberId, ""), ImmutableSortedDictionary<string, int>.Empty, 5)).Ignored);

        var stable = new Small(Eager).Stable(0, 0);
        Assert.IsType<FindCoordinator>(Assert.Single(stable.Take(new CoordinatorLost(5)).Ordered));
        Assert.Empty(stable.Take(new Ticked(4_000)).Ordered);
        Assert.IsType<SendBeat>(Assert.Single(stable.Take(new CoordinatorFound(4_001)).Take(new Ticked(4_002)).Ordered));
    }

    [Fact, Trait("Rule", "GROUP-MEMBER-9")]
    public void Who_closes_leaves_at_once()
    {
        Assert.Equal("a", Assert.IsType<SendLeave>(Assert.Single(new Small(Eager).Stable(0, 0).Take(new Closing(5)).Ordered)).Member);
        Assert.Empty(new Small(Eager with { Instance = "i" }).Stable(0, 0).Take(new Closing(5)).Ordered);
    }

    [Fact, Trait("Rule", "GROUP-MEMBER-6")]
    public void Every_way_to_share_out_gives_each_partition_to_one()
    {
        var groups = Gen.Select(Gen.Int[1, 6], Gen.Int[0, 12], Gen.Int[0, 5], Gen.Int[0, 1_000_000]);
        groups.Sample((members, one, two, seed) =>
        {
            var dice = new Random(seed);
            var partitions = ImmutableSortedDictionary.Create<string, int>(StringComparer.Ordinal).Add("t", one).Add("u", two);
            var all = partitions.SelectMany(t => Enumerable.Range(0, t.Value).Select(p => new TopicPartition(t.Key, p))).ToList();
            var reads = Enumerable.Range(0, members).Select(m => dice.Next(3) == 0 ? ImmutableArray.Create("t") : ["t", "u"]).ToList();
            var owned = all.GroupBy(_ => dice.Next(members + 1)).ToDictionary(o => o.Key, o => o.ToImmutableSortedSet());
            var group = Enumerable.Range(0, members).ToImmutableSortedDictionary(m => $"m{m}", m => new Subscription(reads[m], owned.GetValueOrDefault(m, [])), StringComparer.Ordinal);
            foreach (var name in Assignor.All)
            {
                var shares = Settled(name, group, partitions);
                Assert.Equal(all.Where(p => reads.Exists(r => r.Contains(p.Topic))), shares.Values.SelectMany(s => s).Order());
                foreach (var (id, share) in shares) Assert.All(share, p => Assert.Contains(p.Topic, group[id].Topics));
                if (reads.TrueForAll(r => r.Length == 2) && name != Assignor.Range) Assert.InRange(shares.Values.Max(s => s.Count) - shares.Values.Min(s => s.Count), 0, 1);
            }
        }, iter: 2_000);
    }

    /// <summary>The shares when nobody has to let go of anything any more; on the way no partition is given that another owns.</summary>
    private static ImmutableSortedDictionary<string, ImmutableSortedSet<TopicPartition>> Settled(string name, ImmutableSortedDictionary<string, Subscription> group, ImmutableSortedDictionary<string, int> partitions)
    {
        for (var generation = 0; ; generation++)
        {
            Assert.True(generation < 3, $"{name} doesn't settle");
            var shares = Assignor.Share(name, group, partitions);
            if (name != Assignor.CooperativeSticky) return shares;
            foreach (var (id, share) in shares)
                foreach (var partition in share)
                    Assert.DoesNotContain(group, other => other.Key != id && other.Value.Owned.Contains(partition) && other.Value.Topics.Contains(partition.Topic));
            if (shares.All(s => group[s.Key].Owned.Except(s.Value).IsEmpty)) return shares;
            group = group.ToImmutableSortedDictionary(m => m.Key, m => m.Value with { Owned = shares[m.Key] }, StringComparer.Ordinal);
        }
    }

    [Theory]
    [InlineData("0001 00000001 0001 74 ffffffff 00000001 0001 74 00000002 00000000 00000001", "t: t-0 t-1")]
    [InlineData("0000 00000001 0001 74 00000002 abcd", "t: ")]
    [InlineData("0000 7fffffff 0001 74 ffffffff", null)]
    [InlineData("0001 00000001 0001 74 ffffffff", null)]
    [InlineData("00", null)]
    public void Subscriptions_are_read_as_other_clients_write_them(string hex, string? subscription)
    {
        var read = ConsumerProtocol.ReadSubscription(new([.. Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal))]));
        Assert.Equal(subscription, read is null ? null : $"{string.Join(',', read.Topics)}: {string.Join(' ', read.Owned)}");
    }

    private static ImmutableSortedSet<TopicPartition> Set(params int[] partitions) => [.. partitions.Select(p => new TopicPartition("t", p))];
}
