using Reference.Replication;
using Reference.Replication.Control;

namespace Reference.Systematic.Replication;

public class RegistrarTests
{
    private static readonly RegistrarSettings Settings = new(new(1), [new("PLAINTEXT", "PLAINTEXT", "localhost", 9092)], "mine", "drawn", 6000);
    private static readonly Registrar Registrar = new(Settings);
    private static readonly MetadataKey Own = MetadataKey.Broker(new(1));
    private static readonly MetadataEntry Cluster = new(MetadataKey.Cluster, new(new ClusterName("c"), 0, 1, 0));

    private static RegistrarState Looking(string? cluster = "c", bool tailKept = true) => Registrar.Take(RegistrarState.Start(cluster, tailKept), new Connected(7)).State;

    private static MetadataEntry Entry(string directory, long session, long czxid = 20, bool tailKept = true) =>
        new(Own, new(new BrokerRegistration(Settings.Endpoints, tailKept, directory), 0, czxid, session));

    private static string Effects(Step<RegistrarState, Effect> step) => string.Join(" | ", step.Effects);

    [Fact, Trait("Rule", "CTRL-REG-1")]
    public void The_first_broker_names_the_cluster_and_a_stranger_is_refused()
    {
        Assert.Equal("write create /cluster/id cluster drawn", Effects(Registrar.Take(Looking(null), new Found([new(MetadataKey.Cluster, null), new(Own, null)]))));
        Assert.StartsWith("join cluster c", Effects(Registrar.Take(Looking(null), new Found([Cluster, new(Own, null)]))), StringComparison.Ordinal);
        var refused = Registrar.Take(Looking("other"), new Found([Cluster, new(Own, null)]));
        Assert.Equal((RegistrarPhase.Refused, "can't register: The data folder belongs to cluster other, but the ensemble serves cluster c."), (refused.State.Phase, Effects(refused)));
    }

    [Fact, Trait("Rule", "CTRL-REG-2"), Trait("Rule", "CTRL-REG-3")]
    public void An_entry_of_a_former_session_is_not_taken_for_ones_own()
    {
        var former = Registrar.Take(Looking(), new Found([Cluster, Entry("mine", session: 6)]));
        Assert.Equal(RegistrarPhase.Clearing, former.State.Phase);
        Assert.Equal(BrokerEpoch.Unknown, former.State.Epoch);
        var own = Registrar.Take(Looking(), new Found([Cluster, Entry("mine", session: 7)]));
        Assert.Equal((RegistrarPhase.Registered, new BrokerEpoch(20)), (own.State.Phase, own.State.Epoch));
    }

    [Fact, Trait("Rule", "CTRL-REG-3"), Trait("Rule", "CTRL-REG-5")]
    public void A_leftover_of_ones_own_is_removed()
    {
        var clearing = Registrar.Take(Looking(), new Found([Cluster, Entry("mine", session: 6)]));
        Assert.Equal("write remove /brokers/ids/1 v0", Effects(clearing));
        var again = Registrar.Take(clearing.State, new Wrote(21));
        var registering = Registrar.Take(again.State, new Found([Cluster, new(Own, null)]));
        Assert.Equal("mark the tail as kept | write create /brokers/ids/1 broker at PLAINTEXT://localhost:9092 ephemeral", Effects(registering));
        var registered = Registrar.Take(registering.State, new Wrote(22));
        Assert.StartsWith("registered, broker epoch 22", Effects(registered), StringComparison.Ordinal);
    }

    [Fact, Trait("Rule", "CTRL-REG-4")]
    public void A_namesake_that_stays_is_an_error()
    {
        var waiting = Registrar.Take(Looking(), new Found([Cluster, Entry("another's", session: 6)]));
        Assert.Equal("alarm in 6000 ms: registration is due", Effects(waiting));
        var refused = Registrar.Take(waiting.State, new AlarmRang(new RegistrationDue()));
        Assert.Equal((RegistrarPhase.Refused, "can't register: Another live broker is registered with broker.id=1: give each broker its own."), (refused.State.Phase, Effects(refused)));

        var gone = Registrar.Take(waiting.State, new Changed(Own));
        var registering = Registrar.Take(gone.State, new Found([Cluster, new(Own, null)]));
        Assert.Equal(RegistrarPhase.Registering, registering.State.Phase);
        Assert.NotNull(Registrar.Take(registering.State, new AlarmRang(new RegistrationDue())).Ignored);
    }

    [Fact, Trait("Rule", "CTRL-REG-5")]
    public void A_broker_registers_again_whenever_its_entry_is_gone()
    {
        var registered = Registrar.Take(Looking(), new Found([Cluster, Entry("mine", session: 7)])).State;
        var looking = Registrar.Take(registered, new Changed(Own));
        Assert.Equal("watch /brokers/ids/1 | read /cluster/id /brokers/ids/1", Effects(looking));
        var gone = Registrar.Take(looking.State, new Found([Cluster, new(Own, null)]));
        Assert.StartsWith("not registered: the entry is gone | write create", Effects(gone), StringComparison.Ordinal);

        var expired = Registrar.Take(registered, new Expired());
        Assert.Equal("not registered: the session expired", Effects(expired));
        Assert.Equal(RegistrarPhase.Looking, Registrar.Take(expired.State, new Connected(8)).State.Phase);
    }

    [Fact, Trait("Rule", "CTRL-REBOOT-2")]
    public void A_broker_whose_tail_was_lost_is_not_marked_before_the_controller_settled_it()
    {
        var registering = Registrar.Take(Looking(tailKept: false), new Found([Cluster, new(Own, null)]));
        Assert.Equal("write create /brokers/ids/1 broker at PLAINTEXT://localhost:9092, tail lost ephemeral", Effects(registering));
        var created = Registrar.Take(registering.State, new Wrote(22));
        var standing = Registrar.Take(created.State, new Found([Cluster, Entry("mine", 7, 22, tailKept: false)]));
        Assert.Empty(standing.Effects);
        var changed = Registrar.Take(standing.State, new Changed(Own));
        var settled = Registrar.Take(changed.State, new Found([Cluster, Entry("mine", 7, 22, tailKept: true)]));
        Assert.Equal("mark the tail as kept", Effects(settled));
        // a new session before that says so again
        Assert.False(Registrar.Take(standing.State, new Expired()).State.TailKept);
    }
}
