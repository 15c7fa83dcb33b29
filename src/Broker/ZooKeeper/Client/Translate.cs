using Reference.Broker.Hosting;
using Reference.Broker.ZooKeeper.Jute;

namespace Reference.Broker.ZooKeeper.Client;

/// <summary>From the protocol's records to what callers of the client get.</summary>
internal static class Translate
{
    public static ImmutableArray<string> Names(string?[]? names)
    {
        var builder = ImmutableArray.CreateBuilder<string>(names?.Length ?? 0);
        foreach (var name in names ?? []) builder.Add(name ?? throw new MalformedFrameException("a null name among children"));
        return builder.MoveToImmutable();
    }

    /// <summary>The results of a multi, whose operations were <paramref name="operations"/>.</summary>
    /// <exception cref="ZooKeeperMultiException">One of them failed, so that none was done.</exception>
    public static ImmutableArray<OperationResult> Results(ImmutableArray<Operation> operations, in MultiReply reply, Chroot chroot)
    {
        var results = reply.Results ?? [];
        if (results.Length != operations.Length) throw new MalformedFrameException($"{results.Length} results for a multi of {operations.Length} operations");
        var errors = results.Select(r => r.Header.Type == (int)Opcode.Error ? (ZooKeeperError)r.Error.Number : ZooKeeperError.Ok).ToImmutableArray();
        var failed = errors.FindIndex(e => e != ZooKeeperError.Ok);
        if (failed >= 0) throw new ZooKeeperMultiException(errors[failed], operations[failed].Path, failed, errors);

        return [.. results.Select(r => Result(r, chroot))];
    }

    private static OperationResult Result(in MultiResultRecord result, Chroot chroot) => (Opcode)result.Header.Type switch
    {
        Opcode.Create => new(chroot.Inwards(result.Created.Path)),
        Opcode.Create2 or Opcode.CreateContainer => new(chroot.Inwards(result.Created.Path), result.Created.Stat.ToStat()),
        Opcode.SetData => new(Stat: result.Stat.ToStat()),
        _ => new(),
    };

    private static int FindIndex<T>(this ImmutableArray<T> items, Func<T, bool> wanted)
    {
        for (var i = 0; i < items.Length; i++)
            if (wanted(items[i]))
                return i;
        return -1;
    }
}
