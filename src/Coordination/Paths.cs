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
}
