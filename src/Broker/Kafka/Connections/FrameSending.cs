using System.Buffers;
using Reference.Broker.Hosting;
using Reference.Broker.Kafka.Protocol;

namespace Reference.Broker.Kafka.Connections;

/// <summary>Sends what a writer holds: its own bytes, and the records that it keeps by reference from where they are.</summary>
internal static class FrameSending
{
    private const int FileChunkBytes = 128 * 1024;

    /// <summary>Sends all, in order. The writer is left as it is.</summary>
    /// <exception cref="IOException">The connection broke, or a file doesn't hold what was promised.</exception>
    public static async ValueTask SendAsync(this IConnection connection, WireWriter writer)
    {
        foreach (var part in writer.Parts())
        {
            if (part.File is { } file) await SendFileAsync(connection, file, part.FileOffset, part.Length).ConfigureAwait(false);
            else await connection.WriteAsync(part.Memory, default).ConfigureAwait(false);
        }
    }

    private static async ValueTask SendFileAsync(IConnection connection, IFile file, long offset, int length)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(Math.Min(length, FileChunkBytes));
        try
        {
            for (int sent = 0, next; sent < length; sent += next)
            {
                next = Math.Min(buffer.Length, length - sent);
                WireWriter.ReadInto(file, offset + sent, buffer.AsSpan(0, next));
                await connection.WriteAsync(buffer.AsMemory(0, next), default).ConfigureAwait(false);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
