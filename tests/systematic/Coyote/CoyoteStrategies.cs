using Microsoft.Coyote;

namespace Reference.Systematic.Coyote;

/// <summary>Coyote's strategies by the names that the command takes.</summary>
public static class CoyoteStrategies
{
    private const int PriorityChanges = 10, Delays = 10, SwitchIn = 3;

    /// <summary>The names.</summary>
    public static ImmutableArray<string> Names { get; } = ["random", "probabilistic", "pct", "fair-pct", "delay", "fair-delay", "qlearning"];

    /// <summary>Whether the strategy is about which operation is next: cores then run an operation a node. Drawing at random needs no threads to draw from.</summary>
    public static bool OrdersOperations(string name) => name != "random";

    /// <summary>A configuration of the strategy.</summary>
    public static Configuration Of(string name, uint iterations, uint seed)
    {
        var configuration = Configuration.Create().WithTestingIterations(iterations).WithRandomGeneratorSeed(seed);
        return name switch
        {
            "random" => configuration.WithRandomStrategy(),
            "probabilistic" => configuration.WithProbabilisticStrategy(SwitchIn),
            "pct" => configuration.WithPrioritizationStrategy(isFair: false, PriorityChanges),
            "fair-pct" => configuration.WithPrioritizationStrategy(isFair: true, PriorityChanges),
            "delay" => configuration.WithDelayBoundingStrategy(isFair: false, Delays),
            "fair-delay" => configuration.WithDelayBoundingStrategy(isFair: true, Delays),
            "qlearning" => configuration.WithQLearningStrategy(),
            _ => throw new ArgumentOutOfRangeException(nameof(name), name, $"one of {string.Join(", ", Names)}"),
        };
    }
}
