using Reference.Broker.Configuration;
using Reference.Broker.Ensemble;
using Reference.Zab;

namespace Reference.Systematic.World;

/// <summary>Clocks, delays and faults of a timed world. Its tick is the host's heartbeat, half a <c>tickTime</c>; the alarms' times are the host's own.</summary>
/// <param name="InitLimit">As in <c>zoo.cfg</c>, in <c>tickTime</c>s.</param>
/// <param name="SyncLimit">As in <c>zoo.cfg</c>.</param>
/// <param name="MessageTicks">A message that is sent arrives before its receiver's clock has ticked once more than this.</param>
/// <param name="DiskTicks">A write is durable before its server's clock has ticked once more than this.</param>
/// <param name="Pauses">How often a server may stand still, or die without a word to anyone.</param>
/// <param name="LongestPause">Ticks until it goes on.</param>
public sealed record TimedSetup(int InitLimit, int SyncLimit, int MessageTicks, int DiskTicks, int Pauses, int LongestPause)
{
    private const int TickTime = 200;

    private readonly int[] _ticks = [.. Enum.GetValues<Alarm>().Select(alarm => TicksOf(alarm, new()
    {
        MyId = 1, DataDir = "", Servers = ImmutableSortedDictionary<int, (string, int)>.Empty, ClientAddress = new(System.Net.IPAddress.Loopback, 0), TickTime = TickTime, InitLimit = InitLimit, SyncLimit = SyncLimit,
    }))];

    /// <summary>Ticks from the setting of an alarm to its ring.</summary>
    public int TicksOf(Alarm alarm) => _ticks[(int)alarm];

    /// <summary>From a message's way there and the answer's back: the most ticks that either end's clock shows, with the tick that clocks may differ.</summary>
    public int RoundTrip => 2 * (MessageTicks + 1) + 1;

    /// <summary>How long a follower must have served before it was surely heard: a heartbeat and a round trip.</summary>
    public int HeardAfter => TicksOf(Alarm.Heartbeat) + RoundTrip;

    /// <summary>The period of ZAB-TIME-2: a look that still counts who was heard just before, a look that finds nobody, and what was still on its way.</summary>
    public int LeaderPeriod => 2 * TicksOf(Alarm.QuorumCheck) + MessageTicks + 1;

    /// <summary>The period of ZAB-TIME-3 for one that serves: the leader's last words arrive, and are followed by silence.</summary>
    public int ServingPeriod => MessageTicks + 1 + TicksOf(Alarm.LeaderSilent);

    /// <summary>The period of ZAB-TIME-3 for one that doesn't serve yet: it may have looked until votes settled on the dead, and may be given an epoch by its last words.</summary>
    public int JoiningPeriod => MessageTicks + 1 + TicksOf(Alarm.ElectionSettles) + TicksOf(Alarm.Discovery) + DiskTicks + 1 + TicksOf(Alarm.Synchronization);

    private static int TicksOf(Alarm alarm, EnsembleSettings settings)
    {
        var tick = AlarmTimes.Of(Alarm.Heartbeat, settings);
        return (int)((AlarmTimes.Of(alarm, settings) + tick - 1) / tick);
    }
}
