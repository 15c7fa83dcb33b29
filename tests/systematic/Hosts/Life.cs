namespace Reference.Hosts;

/// <summary>One life of a process: from its start to its end or its kill. What a killed one still does, nobody sees.</summary>
/// <param name="id">Which server, or client, it is.</param>
/// <param name="world">Where it lives.</param>
internal sealed class Life(int id, SimWorld world)
{
    /// <summary>Which server, or client, it is.</summary>
    public int Id { get; } = id;

    /// <summary>Where it lives.</summary>
    public SimWorld World { get; } = world;

    /// <summary>Killed: its memory, its connections and what it had not yet handed to the disk are gone.</summary>
    public bool IsDead { get; set; }

    /// <summary>What a call into the machine answers a process that is dead: nothing, ever.</summary>
    public static Task<T> Never<T>() => new TaskCompletionSource<T>().Task;
}
