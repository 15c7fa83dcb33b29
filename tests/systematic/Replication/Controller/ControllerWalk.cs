using Reference.Replication;
using Reference.Replication.Control;

namespace Reference.Systematic.Replication;

/// <summary>Drawn runs of the small cluster: brokers die, reboot, are cut off and expelled while topics come, grow and go; then all faults stop, and everything must be well.</summary>
public class ControllerWalkTests
{
    public static TheoryData<int> Seeds => [.. Enumerable.Range(1, 8)];

    [Theory, MemberData(nameof(Seeds))]
    public void Whatever_happens_every_claim_holds_and_the_cluster_heals(int hundred)
    {
        for (var seed = hundred * 100; seed < hundred * 100 + 15; seed++) Walk(seed);
    }

    [Fact]
    public void The_walks_reach_every_goal()
    {
        var reached = new HashSet<string>();
        for (var seed = 1; seed <= 60; seed++) reached.UnionWith(Walk(seed).Reached);
        Assert.Empty(ControllerState.Goals.Select(g => g.Name).Except(reached));
    }

    public static SmallCluster Walk(int seed, Func<ControllerSettings, Controller>? controller = null, int steps = 900)
    {
        var dice = new Random(seed);
        var cluster = new SmallCluster(seed: seed, controller: controller, settings: s => s with { MinInsyncReplicas = 2 });
        try
        {
            foreach (var id in cluster.Nodes.Keys) cluster.Start(id);
            for (var i = 0; i < steps; i++)
            {
                if (dice.Next(12) == 0) Happen(cluster, dice);
                else if (!cluster.Step() && dice.Next(3) == 0) cluster.Ring();
            }
            Heal(cluster);
            cluster.AssertHealed();
        }
        catch (Exception e)
        {
            throw new InvalidOperationException($"seed {seed}: {e.Message}\n{string.Join('\n', cluster.Log.TakeLast(200))}", e);
        }
        return cluster;
    }

    private static void Happen(SmallCluster cluster, Random dice)
    {
        var node = cluster.Nodes.Values.ElementAt(dice.Next(cluster.Nodes.Count));
        var active = cluster.Nodes.Values.FirstOrDefault(n => n.State.Phase == ControllerPhase.Active);
        var topic = $"t{dice.Next(3)}";
        switch (dice.Next(23))
        {
            case 0 or 1 when node.Up:
                cluster.Kill(node.Id);
                if (dice.Next(2) == 0) cluster.EndSession(node.Id);
                break;
            case 2: cluster.EndSession(node.Id); break;
            case 17: cluster.Write(0, new RemoveEntry(MetadataKey.Controller)); break;       // as operators do to have another one elected
            case 15: cluster.EndOrphans(node.Id); break;
            case 0 or 1 when !node.Up: cluster.Start(node.Id, tailKept: node.Marked && dice.Next(3) > 0); node.Marked = node.Registration.TailKept; break;
            case 3 when node.Up && node.State.Session != 0: cluster.Disconnect(node.Id, dice.Next(4)); break;
            case 4 when node.Up && node.State.Session == 0: cluster.Connect(node.Id); break;
            case 5 when node.Up && node.State.Session != 0: cluster.Expire(node.Id); break;
            case 6 or 7 or 8 when active is not null: cluster.Call(c => new CreateTopics(c, [SmallCluster.Topic(topic, 1 + dice.Next(2), 3)], 1000, false)); break;
            case 9 when active is not null: cluster.Call(c => new CreatePartitions(c, [new(topic, 1 + dice.Next(3), [])], 1000, false)); break;
            case 10 when active is not null: cluster.Call(c => new DeleteTopics(c, [topic], 1000)); break;
            case 11 when active is not null: cluster.Call(c => new ControlledShutdown(c, node.Id, node.Registration.Epoch)); break;
            case 12 when active is not null: cluster.Take(active, true, new ElectPreferred([])); break;
            case 13: Shrink(cluster, dice); break;
            case 16 when cluster.Nodes.Values.Count(n => n.Up) == 2: foreach (var n in cluster.Nodes.Values.Where(n => n.Up)) cluster.Kill(n.Id); break;
            case 18 or 19 when cluster.Nodes.Values.FirstOrDefault(n => n.Up && n.Sent.Count > 0) is { } from: cluster.Break(from, from.Sent.Keys.First(), lost: dice.Next(2) == 0); break;
            case 20: cluster.ReadLate(node); break;
            case 21 or 22: cluster.Refuse(node.Id); break;       // also of brokers that live: a doubt may be wrong
            case 14: cluster.Ring(calls: dice.Next(4) == 0); break;
            default: break;
        }
    }

    /// <summary>A leader that lives changes the ISR by one member, as the state that it last obeyed allows.</summary>
    private static void Shrink(SmallCluster cluster, Random dice)
    {
        var led = cluster.Nodes.Values.Where(n => n.Up).SelectMany(n => n.Replicas.Where(r => r.Value.Leader == n.Id).Select(r => (n, r.Key, r.Value))).ToArray();
        if (led.Length == 0) return;
        var (node, id, known) = led[dice.Next(led.Length)];
        if (cluster.StateOf(id.Topic, id.Partition) is not { } state || state.LeaderEpoch != known.LeaderEpoch || known.Version != state.Version) return;
        var other = new BrokerId(1 + dice.Next(3));
        if (other == node.Id) return;
        var isr = state.Isr.Contains(other) ? state.Isr.Remove(other) : cluster.Nodes[other].Up && cluster.Nodes[other].Replicas.GetValueOrDefault(id)?.LeaderEpoch == known.LeaderEpoch ? state.Isr.Add(other) : state.Isr;
        var elr = isr.Count >= 2 ? BrokerSet.Empty : state.Isr.Union(state.Elr).Except(isr);
        if (cluster.WriteIsr(id, isr, elr)) node.Replicas[id] = cluster.StateOf(id.Topic, id.Partition)!;
    }

    /// <summary>Faults stop: everyone comes up, alarms ring when nothing else happens.</summary>
    private static void Heal(SmallCluster cluster)
    {
        foreach (var node in cluster.Nodes.Values)
        {
            if (cluster.Nodes.Values.Any(n => n.State.Leaving.Contains(node.Id))) cluster.Kill(node.Id);       // who says it will stop does
            if (!node.Up)
            {
                cluster.EndSession(node.Id);
                cluster.Start(node.Id, node.Marked);
            }
            else if (node.State.Session == 0) cluster.Connect(node.Id);
            else if (!cluster.Store.Sessions.Contains(node.Session)) cluster.Expire(node.Id);
            cluster.EndOrphans(node.Id);
        }
        for (var i = 0; i < 6; i++)
        {
            cluster.Run();
            foreach (var node in cluster.Nodes.Values) while (node.Late.Count > 0) cluster.ReadLate(node);
            cluster.Ring(calls: i > 2);
        }
        cluster.Run();
    }
}
