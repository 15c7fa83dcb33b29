using Reference.Systematic.Breaking;
using Reference.Zab;

namespace Reference.Systematic.World;

/// <summary>The world of servers, as a person is told of it: besides what arrived, what a server decided, what its disk had and lost, which rules acted, and where a broken one made a difference.</summary>
public sealed partial record ZabWorld : ITelling<ZabWorld>
{
    /// <inheritdoc/>
    public IEnumerable<Told> Tell(ZabWorld before, Move move, int number)
    {
        var node = move.Owner + 1;
        switch (move.Kind)
        {
            case ZabMoves.Crash:
                var disk = before.Servers[move.Owner];
                yield return new(number, ToldKind.Fault, node, 0, "CRASH", []);
                if (move.Detail > 0) yield return new(number, ToldKind.Fault, node, 0, $"got to its disk just before: {string.Join(", ", disk.Pending.Take(move.Detail))}", []);
                if (move.Detail < disk.Pending.Count) yield return new(number, ToldKind.Fault, node, 0, $"never reached its disk: {string.Join(", ", disk.Pending.Skip(move.Detail))}", []);
                yield return new(number, ToldKind.Fault, node, 0, $"on its disk: {OnDisk(Servers[move.Owner].Disk)}", []);
                foreach (var told in LostOnTheWay(before, number)) yield return told;
                break;
            case ZabMoves.Break:
                yield return new(number, ToldKind.Fault, node, move.Other + 1, "the link breaks", []);
                foreach (var told in LostOnTheWay(before, number)) yield return told;
                break;
            case ZabMoves.Connect:
                yield return new(number, ToldKind.Note, node, move.Other + 1, "a link comes up", []);
                break;
            case ZabMoves.Name:
                yield return new(number, ToldKind.Note, node, 0, "the oracle names it leader", []);
                break;
            case ZabMoves.Follow:
                yield return new(number, ToldKind.Note, node, 0, $"the oracle names {move.Other + 1} as its leader", []);
                break;
        }
        foreach (var seen in Seen)
            foreach (var told in StepTold(seen.Latest!.Value, move, number)) yield return told;
    }

    private IEnumerable<Told> StepTold((NodeId Node, NodeState Before, Input Input, Reference.Kernel.Step<NodeState, Effect> Step) latest, Move move, int number)
    {
        var (id, state, input, step) = latest;
        var node = id.Value;
        var core = Setup.Peers[node - 1];
        var rules = Acting(core, state, input);
        var ignored = step.Ignored is { } why ? $"  (ignored: {why})" : "";
        switch (input)
        {
            case Received { From: var from, Message: var message }:
                yield return new(number, ToldKind.Message, node, from.Value, message + ignored, rules);
                break;
            case Connected or Disconnected when step.Effects.All(e => e is Send) && step.State.Phase == state.Phase:
                break;      // an end notices what the link's own event has told
            case Disconnected d:
                yield return new(number, ToldKind.Note, node, 0, $"notices that {d.Peer} is gone", rules);
                break;
            case Persisted p:
                yield return new(number, ToldKind.Note, node, 0, $"on its disk now: {string.Join(", ", state.Outstanding.Writes.Take(p.Count))}", rules);
                break;
            case Started:
                yield return new(number, ToldKind.Note, node, 0, $"starts; on its disk: {OnDisk(state.Durable)}", rules);
                break;
            case AlarmRang when move.Kind is ZabMoves.Name or ZabMoves.Follow:
                break;      // told already
            case AlarmRang alarm:
                yield return new(number, ToldKind.Note, node, 0, $"alarm {alarm.Alarm}{ignored}", rules);
                break;
            case Proposed:
                yield return new(number, ToldKind.Note, node, 0, $"its service proposes a transaction{ignored}", rules);
                break;
            default:
                yield return new(number, ToldKind.Note, node, 0, input + ignored, rules);
                break;
        }
        foreach (var text in Turns(state, step)) yield return new(number, ToldKind.Note, node, 0, text, []);
        if (DifferenceOf(core, state, input) is { } difference) yield return new(number, ToldKind.Difference, node, 0, difference, []);
        if (Broken is null) yield break;
        foreach (var send in step.Effects.OfType<Send>()) yield return new(number, ToldKind.Note, node, 0, $"sends {send.Message} to {send.To}", []);
    }

    /// <summary>What a disk holds, in a reader's words.</summary>
    public static string OnDisk(Durable disk) =>
        disk == Durable.New ? "nothing" : $"promised epoch {disk.AcceptedEpoch}, entered epoch {disk.CurrentEpoch}, history {InWords(disk.History)}";

    private static string InWords(History history) =>
        history.Last == Zxid.Zero ? "empty" : $"{(history.Base == Zxid.Zero ? "" : $"snapshot {history.Base}{(history.Entries.IsEmpty ? "" : ", ")}")}{string.Join(", ", history.Entries.Select(e => e.Zxid))}";

    /// <summary>The rules that this step is made by; what is at work in every step, who listens to whom and the order of writes, is left out where there's more.</summary>
    private static ImmutableArray<string> Acting(Peer core, NodeState state, Input input)
    {
        var log = new RuleLog();
        RuleRecorder.Over(core, log).Take(state, input);
        var rules = log.Steps.IsEmpty ? [.. log.Counts.Keys] : log.Steps;
        var telling = rules.RemoveAll(r => r is "ZAB-BEAT-1" or "ZAB-BEAT-2" or "ZAB-BEAT-3" or "ZAB-DISK-1" or "ZAB-DISK-2");
        return telling.IsEmpty ? rules : telling;
    }

    /// <summary>What a step means: who leads, who follows, what is on its way to disk, what the service gets.</summary>
    private static IEnumerable<string> Turns(NodeState before, Reference.Kernel.Step<NodeState, Effect> step)
    {
        var after = step.State;
        if (before.Leading is null && after.Leading is not null) yield return "is elected: LEADS, without a quorum yet";
        if (before.Following is null && after.Following is not null) yield return $"FOLLOWS {after.Vote.Candidate}";
        if (before.Leading?.Epoch == 0 && after.Leading is { Epoch: > 0 } term) yield return $"means to begin epoch {term.Epoch}";
        if (before.Leading is not null && after.Leading is null) yield return $"STEPS DOWN: {Why(step)}";
        if (before.Following is not null && after.Following is null) yield return $"LEAVES its leader: {Why(step)}";
        if (!before.IsEstablished && after.IsEstablished) yield return $"is ESTABLISHED as leader of epoch {after.Epoch}, with history {InWords(after.Durable.History)}";
        if (before.Following?.Stage != FollowerStage.Serving && after.Following?.Stage == FollowerStage.Serving) yield return $"SERVES under {after.Vote.Candidate} in epoch {after.Epoch}";
        var writes = string.Join(", ", step.Effects.OfType<Reference.Zab.Persist>().Select(p => p.Write));
        if (writes.Length > 0) yield return $"to be written: {writes}";
        var delivered = string.Join(", ", step.Effects.OfType<Reference.Zab.Deliver>().Select(d => d.Zxid));
        if (delivered.Length > 0) yield return $"its service applies {delivered}";
        if (step.Effects.OfType<Restore>().FirstOrDefault() is { } restore) yield return $"its service becomes the snapshot of {restore.Zxid}";
    }

    private static string Why(Reference.Kernel.Step<NodeState, Effect> step) =>
        step.Effects.OfType<Depose>().FirstOrDefault()?.Why ?? step.Effects.OfType<Disconnect>().FirstOrDefault()?.Why ?? "the link is gone";

    /// <summary>What a mutant did otherwise than the true rules would have, in the same state with the same input; null if nothing.</summary>
    private static string? DifferenceOf(Peer core, NodeState state, Input input)
    {
        if (core.GetType() == typeof(Peer)) return null;
        var step = core.Take(state, input);
        var right = RuleRecorder.TrueOf(core).Take(state, input);
        var (did, should) = (step.Effects.Select(InWords).ToList(), right.Effects.Select(InWords).ToList());
        var (more, less) = (string.Join(", ", did.Except(should).Where(e => e.Length > 0)), string.Join(", ", should.Except(did).Where(e => e.Length > 0)));
        if (more.Length > 0) return $"RULE BROKEN HERE: {more}; by the rule it {(less.Length > 0 ? less : "wouldn't, not here")}";
        if (less.Length > 0) return $"RULE BROKEN HERE: by the rule it {less}";
        if (step.Ignored != right.Ignored) return $"RULE BROKEN HERE: {(step.Ignored is null ? "takes this" : "ignores this")}; it should {(right.Ignored is null ? "take it" : $"ignore it: {right.Ignored}")}";
        return Reference.Kernel.Fingerprint.Of(step.State) == Reference.Kernel.Fingerprint.Of(right.State) ? null : $"RULE BROKEN HERE: is now {step.State}; should be {right.State}";
    }

    private static string InWords(Effect effect) => effect switch
    {
        Send send => $"sends {send.Message} to {send.To}",
        SendSnapshot send => $"sends SNAP to {send.To}",
        Reference.Zab.Persist persist => $"writes {persist.Write}",
        Reference.Zab.Deliver deliver => $"has its service apply {deliver.Zxid}",
        Disconnect disconnect => $"closes the link to {disconnect.Peer}",
        SetAlarm => "",
        _ => effect.ToString()!,
    };

    private IEnumerable<Told> LostOnTheWay(ZabWorld before, int number)
    {
        for (var from = 0; from < Servers.Length; from++)
            for (var to = 0; to < Servers.Length; to++)
            {
                if (from == to) continue;
                var kept = Links.Queue(from, to).OfType<Packet.Carries>().Count();
                var lost = before.Links.Queue(from, to).OfType<Packet.Carries>().Skip(kept).Select(c => c.Message).Where(m => m is not Notification).ToList();
                if (lost.Count > 0) yield return new(number, ToldKind.Fault, from + 1, to + 1, $"lost on the way from {from + 1} to {to + 1}: {string.Join(", ", lost)}", []);
            }
    }
}
