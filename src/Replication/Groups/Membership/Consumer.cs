using Step = Reference.Kernel.Step<Reference.Replication.Groups.ConsumerState, Reference.Replication.Groups.ConsumerEffect>;

namespace Reference.Replication.Groups;

/// <summary>A consumer in its group: the rules. It joins while its application polls, heartbeats in between whatever that does, and keeps two clocks: the session's, and the one between polls. It has no state of its own.</summary>
public class GroupConsumer(ConsumerGroupSettings settings)
{
    /// <summary>What an input changes, and what the world must do.</summary>
    public Step Take(ConsumerState s, ConsumerInput input) => s.Phase == ConsumerPhase.Closed ? new(s, [], Ignored: "closed") : input switch
    {
        Polled i => OnPolled(s with { PolledMs = i.NowMs }),
        Released => OnReleased(s),
        Ticked i => OnTicked(s, i.NowMs),
        CoordinatorFound => OnCoordinatorFound(s with { KnowsCoordinator = true }),
        JoinTold i => OnJoinTold(s, i),
        SyncTold i => OnSyncTold(s, i),
        BeatTold i => OnBeatTold(s, i),
        CoordinatorLost => OnCoordinatorLost(s),
        Closing => OnClosing(s),
        _ => throw new ArgumentException($"A consumer knows no input {input}.", nameof(input)),
    };

    /// <summary>Whoever isn't in a generation, or is called to the next, joins when its application polls, and not before: only then does it let go of what it had.</summary>
    [Rule("GROUP-MEMBER-1")]
    protected virtual Step OnPolled(ConsumerState s) => s switch
    {
        { Phase: ConsumerPhase.Outside, KnowsCoordinator: false } => new(s with { Phase = ConsumerPhase.Finding }, [new FindCoordinator()]),
        { Phase: ConsumerPhase.Outside } or { Phase: ConsumerPhase.Stable, MustRejoin: true } => Release(s),
        _ => new(s, []),
    };

    /// <summary>An eager member lets go of everything before it joins; a cooperative one keeps reading, and says what it owns.</summary>
    [Rule("GROUP-MEMBER-7")]
    protected virtual ImmutableSortedSet<TopicPartition> ToRelease(ConsumerState s) => settings.IsCooperative ? [] : s.Owned;

    private Step Release(ConsumerState s) => ToRelease(s) is { IsEmpty: false } released ? new(s with { Phase = ConsumerPhase.Releasing }, [new Revoke(released)]) : Join(s);

    private Step OnReleased(ConsumerState s)
    {
        if (s.Phase != ConsumerPhase.Releasing) return new(s, [], Ignored: "nothing was taken");
        return Join(s with { Owned = settings.IsCooperative ? s.Owned : [] });
    }

    private Step Join(ConsumerState s)
    {
        var metadata = ConsumerProtocol.Write(new Subscription(settings.Topics, s.Owned));
        return new(s with { Phase = ConsumerPhase.Joining, Request = s.Request + 1, MustRejoin = false },
            [new SendJoin(s.Request + 1, s.Member, [.. settings.Assignors.Select(a => new GroupProtocol(a, metadata))])]);
    }

    private Step OnCoordinatorFound(ConsumerState s) => s.Phase == ConsumerPhase.Finding ? Release(s with { Phase = ConsumerPhase.Outside }) : new(s, []);

    /// <summary>What was asked may have been heard or not: it is asked again, of the coordinator that is found next.</summary>
    [Rule("GROUP-MEMBER-8")]
    protected virtual Step OnCoordinatorLost(ConsumerState s) => s.Phase switch
    {
        ConsumerPhase.Finding => new(s, [], Ignored: "it is looked for"),
        ConsumerPhase.Joining or ConsumerPhase.Syncing => new(s with { Phase = ConsumerPhase.Outside, KnowsCoordinator = false, IsBeating = false }, []),
        _ => new(s with { KnowsCoordinator = false, IsBeating = false }, s.KnowsCoordinator ? [new FindCoordinator()] : []),
    };

    private Step OnJoinTold(ConsumerState s, JoinTold i)
    {
        if (s.Phase != ConsumerPhase.Joining || i.Request != s.Request) return new(s, [], Ignored: "an answer to an earlier request");
        switch (i.Answer.Error)
        {
            case GroupError.None:
                var joined = s with { Phase = ConsumerPhase.Syncing, Member = i.Answer.Member, Generation = i.Answer.Generation, Request = s.Request + 1, HeardMs = i.NowMs };
                return new(joined, [new SendSync(joined.Request, joined.Generation, joined.Member, i.Answer.Leader == i.Answer.Member ? Assigned(i) : ImmutableSortedDictionary.Create<string, Opaque>(StringComparer.Ordinal))]);
            case GroupError.MemberIdRequired:
                return Join(s with { Member = i.Answer.Member });
            default:
                return Refused(s, i.Answer.Error);
        }
    }

    /// <summary>The leader shares out by the protocol that was elected; who said what can't be read reads nothing.</summary>
    [Rule("GROUP-MEMBER-6")]
    protected virtual ImmutableSortedDictionary<string, Opaque> Assigned(JoinTold i)
    {
        var members = i.Answer.Members.ToImmutableSortedDictionary(m => m.Id, m => ConsumerProtocol.ReadSubscription(m.Metadata) ?? new Subscription([], []), StringComparer.Ordinal);
        return Assignor.Share(i.Answer.Protocol, members, i.Partitions).ToImmutableSortedDictionary(s => s.Key, s => ConsumerProtocol.Write(s.Value), StringComparer.Ordinal);
    }

    private Step OnSyncTold(ConsumerState s, SyncTold i)
    {
        if (s.Phase != ConsumerPhase.Syncing || i.Request != s.Request) return new(s, [], Ignored: "an answer to an earlier request");
        if (i.Answer.Error != GroupError.None) return Refused(s, i.Answer.Error);
        if (ConsumerProtocol.ReadAssignment(i.Answer.Assignment) is not { } assigned) return Ends(s, GroupError.InconsistentProtocol, "the group's leader assigned what isn't partitions");
        return Settle(s with { HeardMs = i.NowMs, BeatMs = i.NowMs, IsBeating = false }, assigned);
    }

    /// <summary>It reads what is assigned. A cooperative member that has to let go of something does so, and joins again at once: only then is it given to another.</summary>
    [Rule("GROUP-MEMBER-7")]
    protected virtual Step Settle(ConsumerState s, ImmutableSortedSet<TopicPartition> assigned)
    {
        var (revoked, added) = (s.Owned.Except(assigned), assigned.Except(s.Owned));
        var next = s with { Phase = revoked.IsEmpty ? ConsumerPhase.Stable : ConsumerPhase.Releasing, Owned = assigned };
        return new(next, [.. revoked.IsEmpty ? (ConsumerEffect[])[] : [new Revoke(revoked)], new Assign(added)]);
    }

    /// <summary>A heartbeat's answer: the group rebalances, or goes on without this member, or all is well.</summary>
    [Rule("GROUP-MEMBER-4")]
    protected virtual Step OnBeatTold(ConsumerState s, BeatTold i)
    {
        if (!s.Beats || i.Generation != s.Generation) return new(s with { IsBeating = false }, [], Ignored: "of an earlier generation");
        var heard = s with { IsBeating = false };
        return i.Error switch
        {
            GroupError.None => new(heard with { HeardMs = i.NowMs }, []),
            GroupError.RebalanceInProgress => new(heard with { HeardMs = i.NowMs, MustRejoin = true }, []),
            _ => Refused(heard, i.Error),
        };
    }

    /// <summary>An error of the coordinator: find it anew, join anew, or give up.</summary>
    [Rule("GROUP-MEMBER-4")]
    protected virtual Step Refused(ConsumerState s, GroupError error) => error switch
    {
        GroupError.NotCoordinator or GroupError.NotAvailable => OnCoordinatorLost(s),
        GroupError.LoadInProgress or GroupError.RebalanceInProgress => s.Beats ? new(s, []) : new(s with { Phase = ConsumerPhase.Outside }, []),
        GroupError.UnknownMemberId => LoseAll(s with { Member = "" }, $"the group goes on without this member: {error}. It was silent for longer than session.timeout.ms ({settings.SessionTimeoutMs} ms), or was removed"),
        GroupError.IllegalGeneration => LoseAll(s, $"the group has gone on to another generation: {error}"),
        GroupError.FencedInstanceId => Ends(s, error, $"another consumer runs with group.instance.id={settings.Instance}: give each its own"),
        GroupError.InconsistentProtocol => Ends(s, error, $"the group's members know no common way to share out: partition.assignment.strategy is {string.Join(',', settings.Assignors)} here"),
        GroupError.InvalidSessionTimeout => Ends(s, error, $"session.timeout.ms={settings.SessionTimeoutMs} isn't within the brokers' group.min.session.timeout.ms and group.max.session.timeout.ms"),
        _ => Ends(s, error, "the coordinator refuses this member"),
    };

    /// <summary>Its partitions may be others' by now: it reads and commits nothing more of them, and joins anew at the next poll.</summary>
    private static Step LoseAll(ConsumerState s, string why) =>
        new(s with { Phase = ConsumerPhase.Outside, Generation = -1, Owned = [], MustRejoin = false, IsBeating = false }, s.Owned.IsEmpty ? [new Say(why)] : [new Lose(s.Owned), new Say(why)]);

    private static Step Ends(ConsumerState s, GroupError error, string why) =>
        new(s with { Phase = ConsumerPhase.Closed, Owned = [] }, s.Owned.IsEmpty ? [new Fail(error, why)] : [new Lose(s.Owned), new Fail(error, why)]);

    private Step OnTicked(ConsumerState s, long nowMs)
    {
        if (IsPollOverdue(s, nowMs)) return LeaveOverdue(s, nowMs);
        if (IsSessionOver(s, nowMs)) return LoseAll(s with { KnowsCoordinator = false }, $"the coordinator wasn't heard of for session.timeout.ms ({settings.SessionTimeoutMs} ms): its partitions may be another's by now");
        return MustBeat(s, nowMs) ? new(s with { IsBeating = true, BeatMs = nowMs }, [new SendBeat(s.Generation, s.Member)]) : new(s, []);
    }

    /// <summary>Heartbeats go on in the background, whatever the application does with its records.</summary>
    [Rule("GROUP-MEMBER-2")]
    protected virtual bool MustBeat(ConsumerState s, long nowMs) => s.Beats && s.KnowsCoordinator && !s.IsBeating && nowMs - s.BeatMs >= settings.HeartbeatMs;

    /// <summary>An application that doesn't poll holds partitions that nobody reads.</summary>
    [Rule("GROUP-MEMBER-3")]
    protected virtual bool IsPollOverdue(ConsumerState s, long nowMs) => s.Beats && nowMs - s.PolledMs > settings.MaxPollMs;

    /// <summary>It leaves by itself and says why, and comes back with the next poll. A static member keeps its place until its session ends.</summary>
    [Rule("GROUP-MEMBER-3")]
    protected virtual Step LeaveOverdue(ConsumerState s, long nowMs)
    {
        var lost = LoseAll(s with { Member = settings.Instance is null ? "" : s.Member }, $"max.poll.interval.ms ({settings.MaxPollMs} ms) is exceeded, the last poll was {nowMs - s.PolledMs} ms ago: the group goes on without this member until it polls again. "
            + "Process faster, poll fewer records at a time (max.poll.records), or raise max.poll.interval.ms");
        return settings.Instance is null ? lost.Then(new SendLeave(s.Member)) : lost;
    }

    /// <summary>Without a word of the coordinator for a session, it has surely given the partitions to others.</summary>
    [Rule("GROUP-MEMBER-5")]
    protected virtual bool IsSessionOver(ConsumerState s, long nowMs) => s.Generation >= 0 && s.Phase is not (ConsumerPhase.Joining or ConsumerPhase.Syncing) && !s.Owned.IsEmpty && nowMs - s.HeardMs >= settings.SessionTimeoutMs;

    /// <summary>Who closes leaves at once, so that nobody waits for its session; a static member is expected back.</summary>
    [Rule("GROUP-MEMBER-9")]
    protected virtual Step OnClosing(ConsumerState s) =>
        new(s with { Phase = ConsumerPhase.Closed, Owned = [] }, s.Member.Length > 0 && settings.Instance is null ? [new SendLeave(s.Member)] : []);
}
