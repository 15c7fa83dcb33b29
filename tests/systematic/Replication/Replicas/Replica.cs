using Reference.Replication;
using Reference.Replication.Replicas;

namespace Reference.Systematic.Replication.Replicas;

public class ReplicaTests
{
    private const int Seeds = 600, Steps = 500;

    [Theory, Trait("Rule", "REPL-INV-10")]
    [InlineData(AcknowledgementPoint.Appended)]
    [InlineData(AcknowledgementPoint.Flushed)]
    public void Every_claim_holds_in_drawn_runs_and_every_goal_is_reached(AcknowledgementPoint acknowledges)
    {
        var reached = new SortedDictionary<string, int>();
        for (var seed = 0; seed < Seeds; seed++)
        {
            var world = new SmallWorld(seed, minInSync: 2, acknowledges, me => new Replica(me, 50));
            var broken = world.Run(Steps);
            Assert.True(broken is null, $"seed {seed}: {broken}\n{world.Trace}");
            foreach (var (goal, count) in world.Reached) reached[goal] = reached.GetValueOrDefault(goal) + count;
            Assert.True(world.Heals(), $"seed {seed} doesn't heal\n{world.Trace}");
        }
        Assert.All(Partition.Goals, goal => Assert.True(reached.ContainsKey(goal.Name), $"never {goal.Name}"));
    }

    [Fact, Trait("Rule", "REPL-INV-10")]
    public void One_seed_makes_one_run()
    {
        SmallWorld first = new(7, 2, AcknowledgementPoint.Appended, me => new Replica(me, 50)), second = new(7, 2, AcknowledgementPoint.Appended, me => new Replica(me, 50));
        for (var n = 0; n < 50; n++)
        {
            first.Run(10);
            second.Run(10);
            Assert.Equal(first.Fingerprint, second.Fingerprint);
        }
        Assert.Equal(first.Trace, second.Trace);
    }

    [Fact, Trait("Rule", "REPL-HW-5")]
    public void The_high_watermark_is_written_down_once_it_has_moved()
    {
        var leader = Given.Leader().After(Given.Fetch(2, 5), Given.Fetch(3, 5));
        var step = leader.Take(new AlarmRang(ReplicaAlarm.Checkpoint, 2000));
        Assert.Equal([new CheckpointHighWatermark(5), new SetAlarm(ReplicaAlarm.Checkpoint)], step.Effects.ToArray());
        Assert.Equal([new SetAlarm(ReplicaAlarm.Checkpoint)], step.State.Take(new AlarmRang(ReplicaAlarm.Checkpoint, 2000)).Effects.ToArray());
        Assert.Equal(5, Given.Back(step.State.Log).HighWatermark);
    }
}
