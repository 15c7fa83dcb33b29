using System.CommandLine;
using Reference.Broker.Configuration;
using Reference.Broker.Storage;

namespace Reference.Broker.Commands;

/// <summary><c>dump-log</c>: the files of a partition's segments in words, as Kafka's DumpLogSegments shows them.</summary>
public static class DumpLogCommand
{
    /// <summary>The command.</summary>
    public static Command Make()
    {
        var files = new Option<string>("--files") { Description = "The files, separated by commas: .log, .index, .timeindex.", Required = true };
        var deep = new Option<bool>("--deep-iteration") { Description = "Show each record." };
        var contents = new Option<bool>("--print-data-log") { Description = "Show each record with its key and value." };
        var offsets = new Option<bool>("--offsets-decoder") { Description = "Show keys and values as those of __consumer_offsets." };
        var command = new Command("dump-log", "Show the files of a partition's segments: batches, records, index entries, and what doesn't fit together.") { files, deep, contents, offsets };
        command.SetAction(parsed =>
        {
            var decodes = parsed.GetValue(offsets);
            using var output = new StreamWriter(Console.OpenStandardOutput());
            var dump = new LogDump(output, new(parsed.GetValue(deep), parsed.GetValue(contents) || decodes, decodes));
            foreach (var file in parsed.GetValue(files)!.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
            {
                if (!File.Exists(file)) throw new UserError($"{file} isn't there: name the files of a partition's folder, such as 00000000000000000000.log");
                try
                {
                    dump.Dump(file);
                }
                catch (Exception e) when (e is IOException or UnauthorizedAccessException)
                {
                    throw new UserError($"{file} can't be read ({e.Message})");
                }
            }
            return dump.IsSound ? 0 : 1;
        });
        return command;
    }
}
