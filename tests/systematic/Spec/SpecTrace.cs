using System.Text;
using Reference.Systematic.Breaking;
using Reference.Systematic.World;
using Reference.Systematic.Zoo;

namespace Reference.Systematic.Spec;

/// <summary>A run that spec/departures.md tells of: kept in spec/traces, drawn in spec/generated.</summary>
/// <param name="Name">Its name in both.</param>
/// <param name="Title">The naive reading that it breaks.</param>
/// <param name="Rule">The rule that forbids it.</param>
/// <param name="Mutant">Who breaks the rule: an animal, or a naive form.</param>
/// <param name="NaiveIn">Where a naive form is let loose; an animal has its own world.</param>
public sealed record SpecTrace(string Name, string Title, string Rule, string Mutant, string? NaiveIn = null)
{
    /// <summary>All of them, in the order of departures.md.</summary>
    public static ImmutableArray<SpecTrace> All { get; } =
    [
        new("half-is-a-quorum", "Half of the servers is enough", "ZAB-QUORUM-1", "A1"),
        new("promise-in-memory", "A promise may be given before it is on disk", "ZAB-DISC-5", "A7"),
        new("leader-behind", "Whoever was elected may begin its epoch, though a follower knows more", "ZAB-DISC-7", "ZAB-DISC-7/IsAhead/never", "oracle"),
        new("acknowledged-from-memory", "NEWLEADER may be acknowledged when the history has arrived", "ZAB-SYNC-9", "B2"),
        new("proposal-from-memory", "A proposal may be acknowledged when it is queued for the disk", "ZAB-BCAST-4", "C3"),
        new("commit-without-its-past", "A transaction with a quorum of acknowledgements is committed, by itself", "ZAB-BCAST-5", "C1"),
        new("rounds-mixed", "A vote is a vote, of whatever round", "ZAB-ELECT-3", "ZAB-ELECT-3/CountsInRound/always", "zab"),
        new("truncate-to-high-watermark", "A follower may cut its log off at its own high watermark", "REPL-TRUNC-1", "D1"),
        new("answered-on-append", "acks=all may be answered when the leader has appended", "REPL-ACK-3", "D10"),
        new("read-to-the-end", "Consumers may read what the leader has", "REPL-READ-1", "D12"),
        new("epoch-asked-once", "One answer says where a follower's log parts from its leader's", "REPL-TRUNC-2", "D2"),
        new("told-by-a-deposed-leader", "Who led a moment ago may say where to cut", "REPL-FENCE-2", "D3"),
        new("fetch-of-an-old-epoch", "A fetch is a fetch, of whatever epoch", "REPL-FENCE-1", "D4"),
        new("join-at-the-high-watermark", "A follower that has reached the high watermark is in sync", "REPL-ISR-2", "D5"),
        new("shrunk-before-it-is-written", "Who was expelled counts no more, at once", "REPL-HW-3", "D6"),
        new("expanding-replica-ignored", "Who is being taken in doesn't count yet", "REPL-HW-3", "D7"),
        new("isr-written-on-any-version", "The leader's ISR is written whatever the store holds", "REPL-ISR-5", "D8"),
        new("min-isr-at-append-only", "min.insync.replicas is a question for the append", "REPL-ACK-2", "D9"),
        new("end-of-a-new-leader", "A new leader knows the end", "REPL-READ-2", "D11"),
        new("rebooted-in-the-isr", "Who is back in time has never been away", "REPL-LEAD-2", "D13"),
        new("last-in-the-isr", "The last of the ISR leads, whatever it may lack", "REPL-LEAD-2", "D14"),
        new("epoch-from-the-first-record", "An epoch begins with its first record", "REPL-LEAD-1", "D15"),
        new("numbers-with-a-gap", "What a producer sends is appended in the order in which it comes", "REPL-IDEM-1", "D16"),
        new("producers-forgotten", "Who begins to lead needn't know producers", "REPL-IDEM-6", "D17"),
        new("lag-by-the-log-end", "Caught up is who has all there is now", "REPL-ISR-4", "D18"),
        new("two-controllers", "An old controller's writes may finish", "CTRL-FENCE-1", "E1"),
        new("bounced-broker", "Who is registered has been all the time", "CTRL-BROKER-1", "E2"),
        new("overtaken-stop", "What a controller said holds whenever it arrives", "CTRL-FENCE-2", "E3"),
        new("watch-after-read", "First read, then watch", "CTRL-STORE-1", "E4"),
        new("former-session", "A registration of one's own number is one's own", "CTRL-REG-2", "E13"),
        new("heartbeat-from-poll", "Who polls is alive", "GROUP-MEMBER-2", "E5"),
        new("heartbeat-for-ever", "Who heartbeats is alive", "GROUP-MEMBER-3", "E6"),
        new("beats-of-an-old-generation", "A heartbeat is a heartbeat, of whatever generation", "GROUP-FENCE-2", "E7"),
        new("stale-commit", "Whoever read it may commit it", "GROUP-FENCE-2", "E8"),
        new("assigned-twice", "A member that asks again gets what it had", "GROUP-SYNC-1", "E9"),
        new("pending-for-ever", "Who was given an id will come", "GROUP-JOIN-6", "E10"),
        new("late-alarm", "An alarm says what it was set for", "GROUP-BEAT-2", "E11"),
        new("coordinator-before-load", "A new coordinator answers at once", "GROUP-LOAD-1", "E12"),
    ];

    private Animal? Prey => NaiveIn is null ? Animals.All.First(a => a.Id == Mutant) : null;

    private string World => NaiveIn ?? Prey!.World;

    private string File => $"spec/traces/{Name}.json";

    /// <summary>Whether the kept run still breaks its claim, with every move.</summary>
    public bool IsKept(string root)
    {
        if (!System.IO.File.Exists(Path.Combine(root, File))) return false;
        var kept = Counterexample.Load(Path.Combine(root, File));
        if ((kept.World, kept.Mutant) != (World, Mutant) || Mutants.Stage(World, Mutant) is not { } stage) return false;
        var (broken, done) = stage.Do(kept.MovesIn(stage));
        return broken?.Invariant == kept.Invariant && done.Length == kept.Moves.Length;
    }

    /// <summary>Finds a run, the shortest of a few, and keeps it.</summary>
    /// <exception cref="InvalidOperationException">Nothing breaks: the world or the mutant has changed.</exception>
    public void HuntAndKeep(string root)
    {
        var stage = Mutants.Stage(World, Mutant) ?? throw new InvalidOperationException($"{Name}: no {Mutant} in {World}");
        var found = Enumerable.Range(1, Prey is { Engine: Animal.ByExplorer } ? 1 : 8).Select(seed => Prey is { } prey ? prey.Hunt((ulong)seed, new(8_000, Effort.Usual.States)).Found : stage.Walk((ulong)seed, 8_000).Found)
            .Where(f => f is not null).Select(f => stage.Shrink(f!)).MinBy(f => f.Moves.Length) ?? throw new InvalidOperationException($"{Name}: {Mutant} breaks nothing in {World}");
        Counterexample.Of(stage, found, Prey?.Engine ?? Animal.ByWalk).Save(Path.Combine(root, File));
    }

    /// <summary>The page that shows it, done again.</summary>
    public string Page(string root)
    {
        var kept = Counterexample.Load(Path.Combine(root, File));
        var stage = kept.Stage();
        var (broken, done) = stage.Do(kept.MovesIn(stage));
        if (broken is null) return $"# {Title}\n\n{File} doesn't break anything any more.\n";
        var again = Counterexample.Of(stage, new(World, kept.Seed, done, broken), kept.Engine);
        var text = new StringWriter { NewLine = "\n" };
        Diagram.Write(again, text);
        var page = new StringBuilder($"# {Title}?\n\n{SpecPages.Notice}\nThe run that breaks this reading; {Rule} forbids it. Kept in [{Path.GetFileName(File)}](../traces/{Path.GetFileName(File)}); again, step by step: `replay {File} --step`.\n\n");
        page.Append($"**Broken: {broken.Invariant}**, {broken.Claim}\n\n");
        foreach (var fact in again.Facts) page.Append($"- {fact}\n");
        page.Append($"\n```mermaid\n{Diagram.Mermaid(again)}```\n\nThe same as a terminal shows it:\n\n```\n{text}```\n");
        return page.ToString();
    }
}
