using System.Reflection;

namespace Reference.Systematic.World;

/// <summary>Which class plays each core of a world: the true one, or, of some, a subclass that has one of its rules otherwise.</summary>
public sealed class Rules
{
    private readonly ImmutableDictionary<Type, Type> _players;

    private readonly Breaking.RuleLog? _log;

    private Rules(ImmutableDictionary<Type, Type> players, Breaking.RuleLog? log = null) => (_players, _log) = (players, log);

    /// <summary>The cores as they are.</summary>
    public static Rules True { get; } = new(ImmutableDictionary<Type, Type>.Empty);

    /// <summary>These rules, but <paramref name="player"/> in the place of the core that it is a subclass of.</summary>
    public Rules With(Type player) => new(_players.SetItem(CoreOf(player), player), _log);

    /// <summary>These rules, each noted when it acts.</summary>
    public Rules NotedIn(Breaking.RuleLog log) => new(_players, log);

    /// <summary>A core of these rules, made with the arguments that the true one's constructor takes.</summary>
    public TCore New<TCore>(params object[] arguments) where TCore : class
    {
        var core = (TCore)Activator.CreateInstance(_players.GetValueOrDefault(typeof(TCore), typeof(TCore)), BindingFlags.Public | BindingFlags.Instance | BindingFlags.CreateInstance, null, arguments, System.Globalization.CultureInfo.InvariantCulture)!;
        return _log is null ? core : Breaking.RuleRecorder.Over(core, _log);
    }

    /// <summary>The core that a class is, or is a subclass of: the one that src/ defines.</summary>
    public static Type CoreOf(Type player)
    {
        var core = player;
        while (core.Assembly == typeof(Rules).Assembly || core.Assembly.IsDynamic) core = core.BaseType ?? throw new ArgumentException($"{player} is no subclass of a core", nameof(player));
        return core;
    }
}
