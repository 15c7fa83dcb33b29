using Microsoft.Coyote;
using Microsoft.Coyote.Runtime;
using Microsoft.Coyote.Specifications;
using Microsoft.Coyote.SystematicTesting;
using Controlled = Microsoft.Coyote.Rewriting.Types.Threading.Tasks.Task;

namespace Reference.Systematic.World;

/// <summary>The same worlds under Coyote's TestingEngine: each node is an operation, so that its strategies order what happens where.</summary>
public static class CoyoteWalk
{
    /// <summary>How many weightings of the moves there are to draw from. Q-learning keeps a value for each number that may be drawn: a bound of 2³¹ − 1 would take all memory.</summary>
    private const int Swarms = 1024;

    /// <summary>Explores as <paramref name="configuration"/> says.</summary>
    public static TestReport Explore<TWorld>(Func<TWorld> make, Configuration configuration, int nodes, int stepsPerRun = 250, Action<TWorld>? atEnd = null, bool canary = false) where TWorld : class, IWorld<TWorld> =>
        Test(configuration, runtime =>
        {
            var world = make();
            var steps = 0;
            var weights = new int[TWorld.Kinds.Count];
            var draws = new Draws((ulong)runtime.RandomInteger(Swarms));
            Walk.DrawWeights<TWorld>(ref draws, weights);
            RunOperations(nodes, owner =>
            {
                var moves = new List<Move>();
                while (Volatile.Read(ref steps) < stepsPerRun)
                {
                    moves.Clear();
                    world.Moves(moves);
                    if (moves.Count == 0) return;
                    moves.RemoveAll(m => m.Owner != owner);
                    if (moves.Count > 0)
                    {
                        steps++;
                        var total = Walk.Total(moves, weights);
                        world = world.After(total > 0 ? Walk.At(moves, weights, runtime.RandomInteger(total)) : moves[runtime.RandomInteger(moves.Count)])!;
                        Specification.Assert(world.Broken is null, world.Broken?.ToString() ?? "");
                        Specification.Assert(!canary || world.Reached == 0, "CANARY: no goal is ever reached");
                    }
                    else steps++;   // nothing to do here now: leave the turn to others, within the bound
                    SchedulingPoint.Interleave();
                }
            });
            atEnd?.Invoke(world);
        });

    /// <summary>Explores with all moves in one operation: the strategy draws which move comes next, of whichever node. As much is drawn at random as with an operation a node, for a tenth of the time: no thread waits for another.</summary>
    public static TestReport ExploreDraws<TWorld>(Func<TWorld> make, Configuration configuration, int stepsPerRun = 250, Action<TWorld>? atEnd = null, bool canary = false) where TWorld : class, IWorld<TWorld>
    {
        var moves = new List<Move>();
        var weights = new int[TWorld.Kinds.Count];
        return Test(configuration, runtime =>
        {
            var world = make();
            var draws = new Draws((ulong)runtime.RandomInteger(Swarms));
            Walk.DrawWeights<TWorld>(ref draws, weights);
            for (var step = 0; step < stepsPerRun; step++)
            {
                moves.Clear();
                world.Moves(moves);
                if (moves.Count == 0) break;
                var total = Walk.Total(moves, weights);
                world = world.After(total > 0 ? Walk.At(moves, weights, runtime.RandomInteger(total)) : moves[runtime.RandomInteger(moves.Count)])!;
                if (world.Broken is not null || (canary && world.Reached != 0)) Specification.Assert(false, world.Broken?.ToString() ?? "CANARY: no goal is ever reached");
            }
            atEnd?.Invoke(world);
        });
    }

    /// <summary>Replays a counterexample: the operations take their turns in the order of its moves, and the claim breaks again.</summary>
    public static TestReport Replay<TWorld>(Func<TWorld> make, Finding finding, int nodes) where TWorld : class, IWorld<TWorld> =>
        Test(Configuration.Create().WithTestingIterations(1), _ =>
        {
            var world = make();
            var next = 0;
            RunOperations(nodes, owner =>
            {
                while (true)
                {
                    Operation.PauseUntil(() => next >= finding.Moves.Length || finding.Moves[next].Owner == owner);
                    if (next >= finding.Moves.Length) return;
                    world = world.After(finding.Moves[next]) ?? throw new InvalidOperationException($"move {next} of the counterexample can't happen");
                    next++;
                    Specification.Assert(world.Broken is null, world.Broken?.ToString() ?? "");
                }
            });
        });

    private static TestReport Test(Configuration configuration, Action<ICoyoteRuntime> test)
    {
        configuration = configuration.WithTelemetryEnabled(false).WithConsoleLoggingEnabled(false).WithPartiallyControlledConcurrencyAllowed(false).WithSystematicFuzzingFallbackEnabled(false).WithDeadlockTimeout(60_000);
        using var engine = TestingEngine.Create(configuration, test);
        engine.Run();
        return engine.TestReport;
    }

    /// <summary>Runs one operation a node, each a task that Coyote schedules, until all have returned.</summary>
    /// <remarks>The controlled tasks that rewriting puts in the place of Task.Run are called by name: this assembly needn't be rewritten.</remarks>
    private static void RunOperations(int nodes, Action<int> body)
    {
        var operations = new Task[nodes];
        for (var node = 0; node < nodes; node++)
        {
            var owner = node;
            operations[node] = Controlled.Run(() => body(owner));
        }
        Controlled.WaitAll(operations);
    }
}
