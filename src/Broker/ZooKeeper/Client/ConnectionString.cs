using System.Globalization;
using Reference.Broker.Configuration;
using Reference.Broker.Hosting;

namespace Reference.Broker.ZooKeeper.Client;

/// <summary><c>host:port,host:port/chroot</c>: the ensemble's client addresses, and the znode that the client sees as its root.</summary>
internal sealed record ConnectionString(ImmutableArray<(string Host, int Port)> Servers, Chroot Chroot)
{
    private const int DefaultPort = 2181;

    /// <summary>Reads the text.</summary>
    /// <exception cref="UserError">It isn't of that form.</exception>
    public static ConnectionString Parse(string text)
    {
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        var chroot = slash < 0 ? "" : text[slash..].TrimEnd('/');
        if (chroot.Contains("//", StringComparison.Ordinal)) throw Wrong(text, "has an empty name in its chroot");
        var servers = ImmutableArray.CreateBuilder<(string, int)>();
        foreach (var server in (slash < 0 ? text : text[..slash]).Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            var colon = server.LastIndexOf(':');
            if (colon < 0 || server.EndsWith(']'))
            {
                servers.Add((server.Trim('[', ']'), DefaultPort));
                continue;
            }

            if (!int.TryParse(server.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port) || port is 0 or > 65535)
                throw Wrong(text, $"has no port in \"{server}\"");
            servers.Add((server[..colon].Trim('[', ']'), port));
        }

        if (servers.Count == 0) throw Wrong(text, "names no server");
        return new(servers.DrainToImmutable(), new Chroot(chroot));
    }

    private static UserError Wrong(string text, string why) => new($"the ensemble's address \"{text}\" {why}; it reads host:port,host:port, with /chroot at the end if wanted");
}

/// <summary>The znode that a client sees as its root; empty for the ensemble's own. It isn't created.</summary>
internal readonly record struct Chroot(string Path)
{
    /// <summary>The ensemble's name for what the client calls <paramref name="path"/>.</summary>
    public string Outwards(string path) => Path.Length == 0 ? path : path == "/" ? Path : Path + path;

    /// <summary>The client's name for what the ensemble calls <paramref name="path"/>.</summary>
    public string Inwards(string? path)
    {
        if (path is null) throw new MalformedFrameException("a null path in an answer");
        if (Path.Length == 0 || !path.StartsWith(Path, StringComparison.Ordinal)) return path;
        return path.Length == Path.Length ? "/" : path[Path.Length..];
    }
}
