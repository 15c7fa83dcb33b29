using System.Globalization;

namespace Reference.Coordination;

/// <summary>Paths of znodes, as ZooKeeper takes them.</summary>
public static class Paths
{
    /// <summary>The parent's path; of a child of the root, the root.</summary>
    public static string Parent(string path)
    {
        var slash = path.LastIndexOf('/');
        return slash <= 0 ? "/" : path[..slash];
    }

    /// <summary>The last name.</summary>
    public static string Name(string path) => path[(path.LastIndexOf('/') + 1)..];

    /// <summary>The path of a child.</summary>
    public static string Child(string parent, string name) => parent == "/" ? "/" + name : $"{parent}/{name}";

    /// <summary>A sequential znode's path: ten digits after what the client gave.</summary>
    public static string Sequential(string path, int number) => path + number.ToString("D10", CultureInfo.InvariantCulture);

    /// <summary>Whether a znode may have this path: absolute, without empty or relative names, controls, surrogates, private-use or special characters.</summary>
    [Rule("COORD-PATH-1")]
    public static bool IsValid(string path)
    {
        if (path.Length == 0 || path[0] != '/') return false;
        if (path.Length == 1) return true;
        if (path[^1] == '/') return false;
        for (var i = 1; i < path.Length; i++)
        {
            if (path[i - 1] == '/' && (path[i] == '/' || IsRelative(path.AsSpan(i)))) return false;
            if (path[i] is <= '\u001f' or >= '\u007f' and <= '\u009f' or >= '\ud800' and <= '\uf8ff' or >= '\ufff0') return false;
        }
        return true;
    }

    /// <summary>Whether the name that begins here is <c>.</c> or <c>..</c>.</summary>
    private static bool IsRelative(ReadOnlySpan<char> rest)
    {
        var slash = rest.IndexOf('/');
        return (slash < 0 ? rest : rest[..slash]) is "." or "..";
    }

    /// <summary>Whether this is one of the znodes that are always there.</summary>
    public static bool IsReserved(string path) => path is "/" or "/zookeeper" or "/zookeeper/config" or "/zookeeper/quota";
}
