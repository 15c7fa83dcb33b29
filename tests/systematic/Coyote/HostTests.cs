using Reference.Hosts;

namespace Reference.Systematic.Coyote;

/// <summary>The real hosts of the ensemble, rewritten, on simulated networks, disks and clocks.</summary>
public class HostTests
{
    private static HostSetup World(string name) => HostSetup.All.Single(h => h.Name == name);

    [Theory]
    [InlineData("hosts", "random", 300)]
    [InlineData("hosts-disk", "random", 4_000)]
    [InlineData("hosts-disk", "fair-pct", 200)]
    [InlineData("hosts-locks", "random", 500)]
    public void Hosts_lose_nothing_acknowledged_and_await_nothing_that_isnt_controlled(string world, string strategy, uint schedules)
    {
        var report = CoyoteProcesses.Explore(World(world), strategy, schedules, seed: 1);
        Assert.True(report.Bugs == 0, report.Bug);
        Assert.Empty(report.Uncontrolled);
        Assert.Equal(schedules, report.Iterations);
        foreach (var goal in (string[])["elected", "established", "committed", "acknowledged writes", "healed"]) Assert.True(report.Reached[goal] > 0, $"{world} never reached: {goal}");
    }

    [Theory]
    [InlineData("hosts-disk", DiskKind.FlushesEarly, 100)]
    [InlineData("hosts", DiskKind.LeaderFlushesEarly, 400)]
    public void A_disk_that_acknowledges_before_it_has_flushed_is_found(string world, DiskKind disk, uint schedules)
    {
        var report = CoyoteProcesses.Explore(World(world) with { Disk = disk }, "random", schedules, seed: 1);
        Assert.True(report.Bugs > 0, "no schedule noticed");
        Assert.Contains("HOST-DISK", report.Bug, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("hosts")]
    [InlineData("hosts-disk")]
    [InlineData("hosts-locks")]
    public void The_canary_dies(string world)
    {
        var report = CoyoteProcesses.Explore(World(world) with { Canary = true }, "random", 100, seed: 1);
        Assert.True(report.Bugs > 0, "the canary is alive");
        Assert.Contains("HOST-CANARY", report.Bug, StringComparison.Ordinal);
    }

    [Fact]
    public void One_seed_gives_the_same_schedules_in_two_processes()
    {
        var (first, second) = (CoyoteProcesses.Explore(World("hosts-disk"), "random", 20, seed: 7), CoyoteProcesses.Explore(World("hosts-disk"), "random", 20, seed: 7));
        Assert.Equal(first.Reached, second.Reached);
    }
}
