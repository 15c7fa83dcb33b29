using Reference.Zab;

namespace Reference.Systematic.World;

public sealed partial record ZabWorld
{
    /// <inheritdoc/>
    public ImmutableArray<string> Facts =>
        Broken is not { } broken || SeenBroken is not { Latest: { } latest } ghost ? [] : FactsOf(ghost, broken, latest.Node, latest.Before, latest.Step.State);

    /// <summary>For each claim the two facts that can't both be.</summary>
    private static ImmutableArray<string> FactsOf(Ensemble ghost, Broken broken, NodeId node, NodeState before, NodeState after) => broken.Invariant switch
    {
        "ZAB-INV-1" => [$"{node}'s history was {InWords(before.Durable.History)}", $"now it is {InWords(after.Durable.History)}"],
        "ZAB-INV-2" => [$"{node} promised epoch {after.SyncedAcceptedEpoch} on disk, entered {after.SyncedCurrentEpoch}", $"on the way to its disk, in this order: {after.Outstanding}"],
        "ZAB-INV-3" => [$"{node}'s service has applied up to {after.Delivered}, it knows as committed up to {after.Committed}", $"its history is {InWords(after.Durable.History)}"],
        "ZAB-INV-4" => [$"{node} is in broadcast in epoch {after.Epoch}", $"the epoch on its disk is {after.SyncedCurrentEpoch}, and will be {after.Durable.CurrentEpoch}"],
        "ZAB-INV-5" => [$"{node} is in {after.Phase}", $"it {(after.Following is null ? "follows nobody" : $"follows {after.Vote.Candidate}")} and {(after.Leading is null ? "doesn't lead" : "leads")}"],
        "ZAB-INV-6" => [$"{node} was: {before.Durable}, committed {before.Committed}, applied {before.Delivered}", $"is now: {after.Durable}, committed {after.Committed}, applied {after.Delivered}"],
        "ZAB-INV-7" => AppliedOtherwise(ghost, node),
        "ZAB-INV-8" => [$"{node}'s service applied {ghost.Deliveries.LastOrDefault(d => d.IsFirst).Entry.Zxid}, as the first of all, in epoch {after.Epoch}", $"on the disks: {Disks(ghost)}"],
        "ZAB-INV-9" => [$"applied by a service before: {string.Join(", ", ghost.Log.Select(e => e.Zxid))}", $"{node} is now an established leader, with history {InWords(after.Durable.History)}"],
        "ZAB-INV-10" => Winner(ghost),
        "ZAB-INV-11" => [.. ghost.Established[after.Epoch].Select(leader => $"{leader} was established as leader of epoch {after.Epoch}{PromisedBy(ghost, after.Epoch, leader)}")],
        "ZAB-INV-12" => [.. ghost.Holders[after.Epoch].Select(leader => $"epoch {after.Epoch} was promised to {leader} by a quorum{(ghost.Promises.TryGetValue((after.Epoch, leader), out var who) ? $": {string.Join(" and ", who)}" : "")}")],
        "ZAB-INV-13" => [$"{node} is established in epoch {after.Epoch}, with the initial history up to {after.Leading?.Initial}", $"on the disks: {Disks(ghost)}"],
        "ZAB-INV-14" => [$"{node} tells {after.Vote.Candidate} that it has the initial history of epoch {after.Epoch}: {(ghost.InitialHistories.TryGetValue((after.Epoch, after.Vote.Candidate), out var initial) ? InWords(initial) : "there is none")}", $"on its disk: {OnDisk(ghost.Disks[node])}"],
        "ZAB-INV-16" => [$"{node} follows {after.Vote.Candidate} in round {after.Round}", $"what it had heard: {string.Join("; ", before.Ballots.Select(b => $"from {b.Key}: {b.Value}"))}"],
        "ZAB-INV-17" => [$"{node} follows {before.Vote.Candidate} and has all up to {before.LastZxid}", $"it is sent {ghost.Latest!.Value.Input}"],
        "ZAB-INV-18" => [$"{node} goes on leading epoch {after.Epoch}", $"since it last looked it heard {(before.Leading is { } led && led.Learners.Any(l => l.Heard) ? string.Join(" and ", led.Learners.Where(l => l.Heard).Select(l => l.Id)) : "nobody")}"],
        "ZAB-INV-19" => [$"{node} waits anew for a word of {after.Vote.Candidate}", $"what it took was {ghost.Latest!.Value.Input}"],
        "ZAB-INV-20" => [$"{node} is leader of epoch {before.Leading?.Epoch}{(before.IsEstablished ? "" : ", not yet established")}", $"the transaction is {string.Join(" ", ghost.Latest!.Value.Step.Effects.OfType<Persist>().Select(e => e.Write))}"],
        "ZAB-INV-15" => [$"{node} leads in round {after.Round}, its history worth epoch {after.Durable.CurrentEpoch}, {after.LastZxid}", $"in that round the servers' own were worth: {string.Join("; ", ghost.Stood.Where(s => s.Key.Round == after.Round).Select(s => $"{s.Key.Node}: epoch {s.Value.CurrentEpoch}, {s.Value.LastZxid}"))}"],
        _ => [broken.Facts],
    };

    private static ImmutableArray<string> AppliedOtherwise(Ensemble ghost, NodeId node)
    {
        var wrong = ghost.Deliveries.First(d => d.Position < 0 || d.Position >= ghost.Log.Count || ghost.Log[d.Position] != d.Entry);
        if (wrong.Position < 0) return [$"{node}'s service holds {wrong.Entry.Zxid}", $"the log that services applied has no such place: {string.Join(", ", ghost.Log.Select(e => e.Zxid))}"];
        var others = Enumerable.Range(1, ghost.Members.Count).Where(i => i != node.Value && ghost.Applied.GetValueOrDefault(new(i)) > wrong.Position);
        return
        [
            $"{node}'s service applied {wrong.Entry.Zxid} at place {wrong.Position + 1}",
            wrong.Position < ghost.Log.Count ? $"at that place the service of {string.Join(" and ", others.DefaultIfEmpty(node.Value))} applied {ghost.Log[wrong.Position].Zxid}{(ghost.Log[wrong.Position].Zxid == wrong.Entry.Zxid ? ", another transaction of that zxid" : "")}" : $"the log ends at place {ghost.Log.Count}",
        ];
    }

    private static ImmutableArray<string> Winner(Ensemble ghost)
    {
        var last = ghost.Log[ghost.Log.Count - 1].Zxid;
        foreach (var (server, disk) in ghost.Disks)
        {
            if (disk.History.Base >= last || disk.History.Contains(last)) continue;
            var beaten = ghost.Disks.Where(o => (o.Value.CurrentEpoch, o.Value.History.Last).CompareTo((disk.CurrentEpoch, disk.History.Last)) <= 0).Select(o => o.Key).ToList();
            if (!Quorum.Holds(beaten, ghost.Members)) continue;
            return [$"{last} is committed: a service has applied it", $"{server}'s disk lacks it ({OnDisk(disk)}), and yet {server} could be elected by {string.Join(" and ", beaten)}, whose disks are worth no more"];
        }
        return [];
    }

    private static string PromisedBy(Ensemble ghost, int epoch, NodeId leader) => ghost.Promises.TryGetValue((epoch, leader), out var who) ? $", promised by {string.Join(" and ", who)}" : "";

    private static string Disks(Ensemble ghost) => string.Join("; ", ghost.Disks.Select(d => $"{d.Key}: {OnDisk(d.Value)}"));
}
