using Reference.Broker.Hosting;
using Reference.Coordination;

namespace Reference.Broker.ZooKeeper.Jute;

/// <summary>An identity: a scheme and an id within it.</summary>
internal struct IdRecord : IRecord
{
    public string? Scheme;
    public string? Id;

    public void Describe<TJute>(ref TJute jute) where TJute : IJute, allows ref struct
    {
        jute.String(ref Scheme);
        jute.String(ref Id);
    }
}

/// <summary>What an identity may do with a znode.</summary>
internal struct AclRecord : IRecord
{
    public int Permissions;
    public IdRecord Identity;

    public void Describe<TJute>(ref TJute jute) where TJute : IJute, allows ref struct
    {
        jute.Int(ref Permissions);
        jute.Record(ref Identity);
    }

    public static AclRecord[] Of(AclList list)
    {
        var records = new AclRecord[list.Entries.Length];
        for (var i = 0; i < records.Length; i++)
        {
            var entry = list.Entries[i];
            records[i] = new AclRecord { Permissions = (int)entry.Permissions, Identity = new IdRecord { Scheme = entry.Scheme, Id = entry.Id } };
        }

        return records;
    }

    public static AclList ToList(AclRecord[]? records)
    {
        if (records is null or []) return AclList.Empty;
        var entries = ImmutableArray.CreateBuilder<Acl>(records.Length);
        foreach (var record in records) entries.Add(new Acl((Permissions)record.Permissions, record.Identity.Scheme ?? "", record.Identity.Id ?? ""));
        var list = new AclList(entries.MoveToImmutable());
        return list.Equals(AclList.Open) ? AclList.Open : list;
    }
}

/// <summary>A path alone: getACL, sync, getAllChildrenNumber, and getEphemerals, whose path is a prefix.</summary>
internal struct PathRecord : IRecord
{
    public string? Path;

    public void Describe<TJute>(ref TJute jute) where TJute : IJute, allows ref struct => jute.String(ref Path);
}

/// <summary>A path, and whether to leave a watch: exists, getData, getChildren, getChildren2.</summary>
internal struct ReadRecord : IRecord
{
    public string? Path;
    public bool Watch;

    public void Describe<TJute>(ref TJute jute) where TJute : IJute, allows ref struct
    {
        jute.String(ref Path);
        jute.Bool(ref Watch);
    }
}

/// <summary>A path and a number: the version that delete and check expect, the type that checkWatches and removeWatches name, the mode of addWatch.</summary>
internal struct PathAndNumber : IRecord
{
    public string? Path;
    public int Number;

    public void Describe<TJute>(ref TJute jute) where TJute : IJute, allows ref struct
    {
        jute.String(ref Path);
        jute.Int(ref Number);
    }
}

/// <summary>create, create2 and createContainer.</summary>
internal struct CreateRecord : IRecord
{
    public string? Path;
    public Blob Data;
    public AclRecord[]? Acl;
    public int Flags;

    public void Describe<TJute>(ref TJute jute) where TJute : IJute, allows ref struct
    {
        jute.String(ref Path);
        jute.Buffer(ref Data);
        jute.Vector(ref Acl);
        jute.Int(ref Flags);
    }
}

/// <summary>setData.</summary>
internal struct SetDataRecord : IRecord
{
    public string? Path;
    public Blob Data;
    public int Version;

    public void Describe<TJute>(ref TJute jute) where TJute : IJute, allows ref struct
    {
        jute.String(ref Path);
        jute.Buffer(ref Data);
        jute.Int(ref Version);
    }
}

/// <summary>setACL.</summary>
internal struct SetAclRecord : IRecord
{
    public string? Path;
    public AclRecord[]? Acl;
    public int Version;

    public void Describe<TJute>(ref TJute jute) where TJute : IJute, allows ref struct
    {
        jute.String(ref Path);
        jute.Vector(ref Acl);
        jute.Int(ref Version);
    }
}

/// <summary>What stands before each item of a multi.</summary>
internal struct MultiHeader : IRecord
{
    public int Type;
    public bool Done;
    public int Error;

    /// <summary>What stands after the last item.</summary>
    public static readonly MultiHeader End = new() { Type = -1, Done = true, Error = -1 };

    public void Describe<TJute>(ref TJute jute) where TJute : IJute, allows ref struct
    {
        jute.Int(ref Type);
        jute.Bool(ref Done);
        jute.Int(ref Error);
    }
}

/// <summary>One operation of a multi or multiRead; the header's type says which of the bodies follows.</summary>
internal struct MultiOperationRecord : IMultiItem
{
    public MultiHeader Header;
    public CreateRecord Create;
    public SetDataRecord SetData;
    public PathAndNumber Versioned;
    public ReadRecord Read;

    public readonly bool Done => Header.Done;

    public void BecomeEnd() => Header = MultiHeader.End;

    public void Describe<TJute>(ref TJute jute) where TJute : IJute, allows ref struct
    {
        jute.Record(ref Header);
        if (Header.Done) return;
        switch ((Opcode)Header.Type)
        {
            case Opcode.Create or Opcode.Create2 or Opcode.CreateContainer: jute.Record(ref Create); break;
            case Opcode.Delete or Opcode.Check: jute.Record(ref Versioned); break;
            case Opcode.SetData: jute.Record(ref SetData); break;
            case Opcode.GetData or Opcode.GetChildren: jute.Record(ref Read); break;
            default: throw new MalformedFrameException($"a multi with an operation of type {Header.Type}");
        }
    }
}

/// <summary>multi and multiRead.</summary>
internal struct MultiRecord : IRecord
{
    public MultiOperationRecord[]? Operations;

    public void Describe<TJute>(ref TJute jute) where TJute : IJute, allows ref struct => jute.Items(ref Operations);
}

/// <summary>No fields: ping, closeSession, whoAmI.</summary>
internal struct NothingRecord : IRecord
{
    public readonly void Describe<TJute>(ref TJute jute) where TJute : IJute, allows ref struct
    {
    }
}
