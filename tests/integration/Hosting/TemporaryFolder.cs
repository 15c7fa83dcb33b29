namespace Reference.Integration.Hosting;

/// <summary>A folder on the real disk that goes with the test.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("reference-").FullName;

    public string At(string name) => System.IO.Path.Combine(Path, name);

    /// <summary>A copy of it as it is now: what a killed process would leave.</summary>
    public TemporaryFolder Copy()
    {
        var copy = new TemporaryFolder();
        foreach (var file in Directory.EnumerateFiles(Path, "*", SearchOption.AllDirectories))
        {
            var to = copy.At(System.IO.Path.GetRelativePath(Path, file));
            Directory.CreateDirectory(System.IO.Path.GetDirectoryName(to)!);
            File.Copy(file, to);
        }
        return copy;
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
