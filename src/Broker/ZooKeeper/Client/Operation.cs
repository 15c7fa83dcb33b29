using Reference.Broker.ZooKeeper.Jute;
using Reference.Coordination;

namespace Reference.Broker.ZooKeeper.Client;

/// <summary>One operation of a multi.</summary>
public abstract record Operation(string Path)
{
    private protected abstract Opcode Opcode { get; }

    internal MultiOperationRecord Encode(Chroot chroot)
    {
        var item = new MultiOperationRecord { Header = new MultiHeader { Type = (int)Opcode, Error = -1 } };
        Fill(ref item, chroot.Outwards(Path));
        return item;
    }

    private protected abstract void Fill(ref MultiOperationRecord item, string path);
}

/// <summary>Makes a znode.</summary>
public sealed record CreateOperation(string Path, Blob Data, CreateMode Mode = CreateMode.Persistent, AclList? Acl = null) : Operation(Path)
{
    private protected override Opcode Opcode => Mode == CreateMode.Container ? Opcode.CreateContainer : Opcode.Create;

    private protected override void Fill(ref MultiOperationRecord item, string path) =>
        item.Create = new CreateRecord { Path = path, Data = Data, Acl = AclRecord.Of(Acl ?? AclList.Open), Flags = (int)Mode };
}

/// <summary>Deletes a znode that has the version expected; −1 takes any.</summary>
public sealed record DeleteOperation(string Path, int Version = -1) : Operation(Path)
{
    private protected override Opcode Opcode => Opcode.Delete;

    private protected override void Fill(ref MultiOperationRecord item, string path) => item.Versioned = new PathAndNumber { Path = path, Number = Version };
}

/// <summary>Replaces the data of a znode that has the version expected; −1 takes any.</summary>
public sealed record SetDataOperation(string Path, Blob Data, int Version = -1) : Operation(Path)
{
    private protected override Opcode Opcode => Opcode.SetData;

    private protected override void Fill(ref MultiOperationRecord item, string path) => item.SetData = new SetDataRecord { Path = path, Data = Data, Version = Version };
}

/// <summary>Lets the multi succeed only if a znode has this version.</summary>
public sealed record CheckOperation(string Path, int Version) : Operation(Path)
{
    private protected override Opcode Opcode => Opcode.Check;

    private protected override void Fill(ref MultiOperationRecord item, string path) => item.Versioned = new PathAndNumber { Path = path, Number = Version };
}

/// <summary>What an operation of a multi that succeeded came to: a create's path, a setData's stat.</summary>
public sealed record OperationResult(string? Path = null, Stat? Stat = null);
