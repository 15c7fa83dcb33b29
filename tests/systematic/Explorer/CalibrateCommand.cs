using System.CommandLine;

namespace Reference.Systematic.Explorer;

/// <summary><c>calibrate</c>: counts the states of a model whose numbers are published.</summary>
public static class CalibrateCommand
{
    private static readonly (int Managers, long States)[] Published = [(3, 288), (5, 8_832), (9, 10_340_352)];

    /// <summary>The command.</summary>
    public static Command Make()
    {
        var bits = new Option<int>("--fingerprint-bits") { Description = "Narrower fingerprints collide: with 16 bits the counts come out wrong.", DefaultValueFactory = _ => 64 };
        var seed = new Option<ulong>("--seed") { Description = "The seed of the fingerprints." };
        var command = new Command("calibrate", "Explore two-phase commit with 3, 5 and 9 managers: 288, 8,832 and 10,340,352 states are known.") { bits, seed };
        command.SetAction(parsed =>
        {
            var wrong = 0;
            foreach (var (managers, states) in Published)
            {
                var found = Explorer.Run(new TwoPhaseCommit(managers, parsed.GetValue(seed)), new() { FingerprintBits = parsed.GetValue(bits) });
                var right = found is { Fixpoint: true } && found.States == states;
                if (!right) wrong++;
                Console.Out.WriteLine($"two-phase commit, {managers} managers: {found}{(right ? "" : $"; WRONG: {states:N0} are known")}");
            }
            return wrong == 0 ? 0 : 1;
        });
        return command;
    }
}
