using Reference.Broker.Hosting;
using Reference.Coordination;

namespace Reference.Broker.ZooKeeper.Jute;

/// <summary>What is known of a znode besides its data.</summary>
internal struct StatRecord : IRecord
{
    public long Czxid;
    public long Mzxid;
    public long CreatedMs;
    public long ModifiedMs;
    public int Version;
    public int ChildVersion;
    public int AclVersion;
    public long EphemeralOwner;
    public int DataLength;
    public int ChildCount;
    public long Pzxid;

    public void Describe<TJute>(ref TJute jute) where TJute : IJute, allows ref struct
    {
        jute.Long(ref Czxid);
        jute.Long(ref Mzxid);
        jute.Long(ref CreatedMs);
        jute.Long(ref ModifiedMs);
        jute.Int(ref Version);
        jute.Int(ref ChildVersion);
        jute.Int(ref AclVersion);
        jute.Long(ref EphemeralOwner);
        jute.Int(ref DataLength);
        jute.Int(ref ChildCount);
        jute.Long(ref Pzxid);
    }

    public static StatRecord Of(in Stat s) => new()
    {
        Czxid = s.Czxid,
        Mzxid = s.Mzxid,
        CreatedMs = s.CtimeMs,
        ModifiedMs = s.MtimeMs,
        Version = s.Version,
        ChildVersion = s.Cversion,
        AclVersion = s.Aversion,
        EphemeralOwner = s.EphemeralOwner,
        DataLength = s.DataLength,
        ChildCount = s.NumChildren,
        Pzxid = s.Pzxid,
    };

    public readonly Stat ToStat() => new(Czxid, Mzxid, CreatedMs, ModifiedMs, Version, ChildVersion, AclVersion, EphemeralOwner, DataLength, ChildCount, Pzxid);
}

/// <summary>A path and a <see cref="StatRecord"/>: create2, createContainer.</summary>
internal struct PathAndStat : IRecord
{
    public string? Path;
    public StatRecord Stat;

    public void Describe<TJute>(ref TJute jute) where TJute : IJute, allows ref struct
    {
        jute.String(ref Path);
        jute.Record(ref Stat);
    }
}

/// <summary>getData.</summary>
internal struct DataAndStat : IRecord
{
    public Blob Data;
    public StatRecord Stat;

    public void Describe<TJute>(ref TJute jute) where TJute : IJute, allows ref struct
    {
        jute.Buffer(ref Data);
        jute.Record(ref Stat);
    }
}

/// <summary>getACL.</summary>
internal struct AclAndStat : IRecord
{
    public AclRecord[]? Acl;
    public StatRecord Stat;

    public void Describe<TJute>(ref TJute jute) where TJute : IJute, allows ref struct
    {
        jute.Vector(ref Acl);
        jute.Record(ref Stat);
    }
}

/// <summary>Names or paths: getChildren, getEphemerals.</summary>
internal struct NamesRecord : IRecord
{
    public string?[]? Names;

    public void Describe<TJute>(ref TJute jute) where TJute : IJute, allows ref struct => jute.Strings(ref Names);
}

/// <summary>getChildren2.</summary>
internal struct NamesAndStat : IRecord
{
    public string?[]? Names;
    public StatRecord Stat;

    public void Describe<TJute>(ref TJute jute) where TJute : IJute, allows ref struct
    {
        jute.Strings(ref Names);
        jute.Record(ref Stat);
    }
}

/// <summary>A number: getAllChildrenNumber's answer, and the error of an operation in a multi.</summary>
internal struct NumberRecord : IRecord
{
    public int Number;

    public void Describe<TJute>(ref TJute jute) where TJute : IJute, allows ref struct => jute.Int(ref Number);
}

/// <summary>whoAmI: the identities of the connection, their ids without secrets.</summary>
internal struct IdentitiesRecord : IRecord
{
    public IdRecord[]? Identities;

    public void Describe<TJute>(ref TJute jute) where TJute : IJute, allows ref struct => jute.Vector(ref Identities);
}

/// <summary>The result of one operation of a multi; type −1 is an error.</summary>
internal struct MultiResultRecord : IMultiItem
{
    public MultiHeader Header;
    public PathAndStat Created;
    public StatRecord Stat;
    public DataAndStat Data;
    public NamesRecord Names;
    public NumberRecord Error;

    public readonly bool Done => Header.Done;

    public void BecomeEnd() => Header = MultiHeader.End;

    public void Describe<TJute>(ref TJute jute) where TJute : IJute, allows ref struct
    {
        jute.Record(ref Header);
        if (Header.Done) return;
        switch ((Opcode)Header.Type)
        {
            case Opcode.Error: jute.Record(ref Error); break;
            case Opcode.Create: jute.String(ref Created.Path); break;
            case Opcode.Create2 or Opcode.CreateContainer: jute.Record(ref Created); break;
            case Opcode.SetData: jute.Record(ref Stat); break;
            case Opcode.Delete or Opcode.Check: break;
            case Opcode.GetData: jute.Record(ref Data); break;
            case Opcode.GetChildren: jute.Record(ref Names); break;
            default: throw new MalformedFrameException($"a multi's result of type {Header.Type}");
        }
    }
}

/// <summary>The answer to multi and multiRead.</summary>
internal struct MultiReply : IRecord
{
    public MultiResultRecord[]? Results;

    public void Describe<TJute>(ref TJute jute) where TJute : IJute, allows ref struct => jute.Items(ref Results);
}
