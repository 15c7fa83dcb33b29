namespace Reference.Broker.Hosting;

/// <summary>A file that fails its checksum elsewhere than in a log's torn tail. The process stops, rather than serve what it can't vouch for.</summary>
/// <param name="file">The file, with its folder.</param>
/// <param name="offset">Where in the file, in bytes, the first thing wrong begins.</param>
/// <param name="what">What is wrong there.</param>
/// <param name="remedy">What a person should do.</param>
public sealed class CorruptFileException(string file, long offset, string what, string remedy)
    : IOException($"{file} is corrupt at offset {offset}: {what}. {remedy}")
{
    /// <summary>The file, with its folder.</summary>
    public string File { get; } = file;

    /// <summary>Where in the file, in bytes.</summary>
    public long Offset { get; } = offset;
}
