using Reference.Broker.Configuration;
using Reference.Zab;

namespace Reference.Broker.Ensemble;

/// <summary>How long the broadcast's alarms take, by the operators' ticks.</summary>
internal static class AlarmTimes
{
    private const int LongestElectionMs = 200;

    /// <summary>Milliseconds until <paramref name="alarm"/> rings.</summary>
    public static long Of(Alarm alarm, EnsembleSettings settings) => alarm switch
    {
        Alarm.ElectionResend or Alarm.ElectionSettles => Math.Min(LongestElectionMs, settings.TickTime),
        Alarm.Discovery or Alarm.Synchronization => (long)settings.InitLimit * settings.TickTime,
        Alarm.Heartbeat => Math.Max(1, settings.TickTime / 2),
        Alarm.QuorumCheck or Alarm.LeaderSilent => (long)settings.SyncLimit * settings.TickTime,
        _ => throw new ArgumentOutOfRangeException(nameof(alarm), alarm, "an alarm without a time"),
    };
}
