namespace Reference.Coordination;

/// <summary>What a leader found a request to be.</summary>
/// <param name="Operation">What is to be carried out; <see cref="Fail"/> if it was refused.</param>
/// <param name="On">The state that it is carried out on.</param>
public readonly record struct Judged(Operation Operation, ServiceState On);

public partial class Server
{
    /// <summary>Judges a request by all that was proposed before it, so that carrying it out needs no judgement.</summary>
    [Rule("COORD-PREP-2")]
    private Judged Judge(ServerState s, Leadership l, Header header, ImmutableArray<Identity> callers, WriteRequest request) =>
        request is MultiRequest multi
            ? PrepareMulti(l, StateToJudgeBy(s, l), header, callers, multi)
            : new(Prepare(StateToJudgeBy(s, l), header.Session, callers, request), l.Proposed);

    /// <summary>Versions and existence are judged by what is outstanding, not by what is committed: of two that expect the same version, one succeeds.</summary>
    [Rule("COORD-PREP-2")]
    protected virtual ServiceState StateToJudgeBy(ServerState s, Leadership l) => l.Proposed;

    /// <summary>The operations of a multi are judged one after the other, each by what the ones before it leave. If one is refused, none is carried out.</summary>
    [Rule("COORD-PREP-3")]
    protected virtual Judged PrepareMulti(Leadership l, ServiceState by, Header header, ImmutableArray<Identity> callers, MultiRequest request)
    {
        var partly = by;
        var operations = ImmutableArray.CreateBuilder<Operation>(request.Operations.Length);
        foreach (var one in request.Operations)
        {
            var operation = one is CreateRequest or DeleteRequest or SetDataRequest or CheckRequest ? Prepare(partly, header.Session, callers, one) : new Fail(ErrorCode.Unimplemented, -1);
            if (operation is Fail fail) return new(fail with { At = operations.Count }, StateAfterFailedMulti(l.Proposed, partly));
            operations.Add(operation);
            partly = Apply(partly, partly.LastZxid + 1, new(header, operation)).State;
        }
        return new(new Multi(operations.DrainToImmutable()), l.Proposed);
    }

    /// <summary>A multi that failed leaves nothing behind for the next request to see.</summary>
    [Rule("COORD-PREP-3")]
    protected virtual ServiceState StateAfterFailedMulti(ServiceState before, ServiceState partly) => before;

    /// <summary>What a request comes to, by this state: an operation, or why not.</summary>
    private Operation Prepare(ServiceState by, SessionId caller, ImmutableArray<Identity> callers, WriteRequest request) => request switch
    {
        CreateRequest r => PrepareCreate(by.Tree, caller, callers, r),
        DeleteRequest r => PrepareDelete(by.Tree, callers, r),
        SetDataRequest r => PrepareSetData(by.Tree, callers, r),
        SetAclRequest r => PrepareSetAcl(by.Tree, callers, r),
        CheckRequest r => PrepareCheck(by.Tree, callers, r),
        DeleteContainerRequest r => PrepareDeleteContainer(by.Tree, callers, r),
        SyncRequest => PrepareSync(),
        OpenSessionRequest r => PrepareOpenSession(by, caller, r),
        CloseSessionRequest => new CloseSession(),
        _ => Refused(ErrorCode.Unimplemented),
    };

    /// <summary>A znode may be created below one that is there, isn't ephemeral, and allows it.</summary>
    [Rule("COORD-PREP-4")]
    protected virtual Operation PrepareCreate(Tree tree, SessionId caller, ImmutableArray<Identity> callers, CreateRequest r)
    {
        if (!Enum.IsDefined(r.Mode) || !r.Path.Contains('/')) return Refused(ErrorCode.BadArguments);
        if (Access.Resolve(r.Acl, callers) is not { } acl) return Refused(ErrorCode.InvalidAcl);
        if (tree.Find(Paths.Parent(r.Path)) is not { } parent) return Refused(ErrorCode.NoNode);
        if (!Access.Allows(parent.Acl, Permissions.Create, callers)) return Refused(ErrorCode.NoAuth);

        var sequential = r.Mode is CreateMode.PersistentSequential or CreateMode.EphemeralSequential;
        var path = sequential ? Paths.Sequential(r.Path, SequenceNumber(parent)) : r.Path;
        if (!Paths.IsValid(path)) return Refused(ErrorCode.BadArguments);
        if (tree.Find(path) is not null) return Refused(ErrorCode.NodeExists);
        if (parent.IsEphemeral) return Refused(ErrorCode.NoChildrenForEphemerals);

        var owner = r.Mode switch
        {
            CreateMode.Ephemeral or CreateMode.EphemeralSequential => caller.Value,
            CreateMode.Container => Node.ContainerOwner,
            _ => 0,
        };
        return new Create(path, r.Data, acl, owner, sequential);
    }

    /// <summary>A sequence number counts every child that the parent ever had, so that no name comes twice.</summary>
    [Rule("COORD-PREP-5")]
    protected virtual int SequenceNumber(Node parent) => parent.Creations;

    /// <summary>A znode may be deleted that is there, at the version expected, without children, where its parent allows it.</summary>
    [Rule("COORD-PREP-6")]
    protected virtual Operation PrepareDelete(Tree tree, ImmutableArray<Identity> callers, DeleteRequest r)
    {
        if (!r.Path.Contains('/') || Paths.IsReserved(r.Path)) return Refused(ErrorCode.BadArguments);
        if (tree.Find(Paths.Parent(r.Path)) is not { } parent) return Refused(ErrorCode.NoNode);
        if (!Access.Allows(parent.Acl, Permissions.Delete, callers)) return Refused(ErrorCode.NoAuth);
        if (tree.Find(r.Path) is not { } node) return Refused(ErrorCode.NoNode);
        if (!IsExpected(r.Version, node.Version)) return Refused(ErrorCode.BadVersion);
        if (!node.Children.IsEmpty) return Refused(ErrorCode.NotEmpty);
        return new Delete(r.Path);
    }

    /// <summary>Data may be set at the version expected, which it raises by one.</summary>
    [Rule("COORD-PREP-7")]
    protected virtual Operation PrepareSetData(Tree tree, ImmutableArray<Identity> callers, SetDataRequest r)
    {
        if (Changeable(tree, callers, r.Path, Permissions.Write, out var refused) is not { } node) return refused!;
        return IsExpected(r.Version, node.Version) ? new SetData(r.Path, r.Data, node.Version + 1) : Refused(ErrorCode.BadVersion);
    }

    /// <summary>An ACL may be set at its version expected, which it raises by one.</summary>
    [Rule("COORD-PREP-7")]
    protected virtual Operation PrepareSetAcl(Tree tree, ImmutableArray<Identity> callers, SetAclRequest r)
    {
        if (!Paths.IsValid(r.Path)) return Refused(ErrorCode.BadArguments);
        if (Access.Resolve(r.Acl, callers) is not { } acl) return Refused(ErrorCode.InvalidAcl);
        if (Changeable(tree, callers, r.Path, Permissions.Admin, out var refused) is not { } node) return refused!;
        return IsExpected(r.Version, node.Aversion) ? new SetAcl(r.Path, acl, node.Aversion + 1) : Refused(ErrorCode.BadVersion);
    }

    /// <summary>A check holds while the data is at the version expected.</summary>
    [Rule("COORD-PREP-7")]
    protected virtual Operation PrepareCheck(Tree tree, ImmutableArray<Identity> callers, CheckRequest r)
    {
        if (Changeable(tree, callers, r.Path, Permissions.Read, out var refused) is not { } node) return refused!;
        return IsExpected(r.Version, node.Version) ? new Check(r.Path) : Refused(ErrorCode.BadVersion);
    }

    /// <summary>A client may delete a container that is empty, where its parent allows it.</summary>
    [Rule("COORD-PREP-8")]
    protected virtual Operation PrepareDeleteContainer(Tree tree, ImmutableArray<Identity> callers, DeleteContainerRequest r)
    {
        if (!r.Path.Contains('/') || Paths.IsReserved(r.Path)) return Refused(ErrorCode.BadArguments);
        if (tree.Find(Paths.Parent(r.Path)) is not { } parent || tree.Find(r.Path) is not { } node) return Refused(ErrorCode.NoNode);
        if (!Access.Allows(parent.Acl, Permissions.Delete, callers)) return Refused(ErrorCode.NoAuth);
        if (!node.IsContainer) return Refused(ErrorCode.BadVersion);
        return node.Children.IsEmpty ? new DeleteContainer(r.Path) : Refused(ErrorCode.NotEmpty);
    }

    /// <summary>A sync takes its place in the log: once it is committed, its leader still led when it was asked, and all that was committed before is delivered before.</summary>
    [Rule("COORD-SYNC-1")]
    protected virtual Operation PrepareSync() => new Barrier();

    /// <summary>A session begins under a name that none has.</summary>
    [Rule("COORD-SESSION-1")]
    protected virtual Operation PrepareOpenSession(ServiceState by, SessionId session, OpenSessionRequest r) =>
        by.Sessions.ContainsKey(session) ? Refused(ErrorCode.SessionExpired) : new CreateSession(r.TimeoutMs, r.Password);

    /// <summary>A request that is refused takes its place in the order all the same, so that its client's answers keep theirs.</summary>
    [Rule("COORD-PREP-9")]
    private static Fail Refused(ErrorCode error) => new(error, -1);

    private static bool IsExpected(int expected, int actual) => expected == -1 || expected == actual;

    private static Node? Changeable(Tree tree, ImmutableArray<Identity> callers, string path, Permissions wanted, out Fail? refused)
    {
        var node = tree.Find(path);
        refused = !Paths.IsValid(path) ? Refused(ErrorCode.BadArguments)
            : node is null ? Refused(ErrorCode.NoNode)
            : Access.Allows(node.Acl, wanted, callers) ? null : Refused(ErrorCode.NoAuth);
        return refused is null ? node : null;
    }
}
