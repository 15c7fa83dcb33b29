using System.CommandLine;
using Reference.Systematic.Architecture;

var root = new RootCommand("Checks of the cores: walks, the zoo, replays, and the tie between rules, code and tests.")
{
    RulesCommand.Make(),
    Reference.Systematic.Explorer.CalibrateCommand.Make(),
    Reference.Systematic.Explorer.ExploreCommand.Make(),
    Reference.Systematic.Zoo.ZooCommand.Make(),
    Reference.Systematic.World.WalkCommand.Make(),
    Reference.Systematic.World.ReplayCommand.Make(),
    Reference.Systematic.Breaking.BreakCommand.Make(),
};
return root.Parse(args).Invoke();
