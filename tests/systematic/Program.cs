using System.CommandLine;
using Reference.Systematic.Architecture;

var root = new RootCommand("Checks of the cores: walks, the zoo, replays, and the tie between rules, code and tests.")
{
    RulesCommand.Make(),
    Reference.Systematic.Explorer.CalibrateCommand.Make(),
    Reference.Systematic.Explorer.ExploreCommand.Make(),
    Reference.Systematic.Zoo.ZooCommand.Make(),
    Reference.Systematic.World.WalkCommand.Make(),
    Reference.Systematic.Coyote.CoyoteCommand.Make(),
    Reference.Systematic.World.ReplayCommand.Make(),
    Reference.Systematic.Breaking.BreakCommand.Make(),
    Reference.Systematic.Spec.SpecCommand.Make(),
};
var parsed = root.Parse(args);
var exit = parsed.Invoke();
return parsed.Errors.Count > 0 ? 2 : exit;     // wrong usage: what exists was listed
