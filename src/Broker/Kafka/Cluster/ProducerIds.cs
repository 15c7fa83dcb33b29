using System.Globalization;
using System.Text;
using System.Text.Json;
using Reference.Broker.Kafka.Messages;
using Reference.Broker.ZooKeeper.Client;
using Reference.Coordination;
using ErrorCode = Reference.Broker.Kafka.Protocol.ErrorCode;

namespace Reference.Broker.Kafka.Cluster;

/// <summary>Gives ids to producers, from a block of a thousand that the ensemble holds as this broker's: <c>/latest_producer_id_block</c>, as Kafka 2.x writes it.</summary>
internal sealed class ProducerIds(BrokerCluster cluster) : IDisposable
{
    private const string Path = "/latest_producer_id_block";
    private const int BlockSize = 1000;

    private readonly SemaphoreSlim _turn = new(1);
    private long _next;
    private long _end = -1;     // the last of the block; before the next: none is left

    /// <summary>Answers a producer. Transactions aren't served: who names one is told that the version can't be had.</summary>
    public async Task<InitProducerIdResponse> AnswerAsync(InitProducerIdRequest request)
    {
        if (request.TransactionalId is { } transactional) return new() { Error = transactional.Length == 0 ? ErrorCode.InvalidRequest : ErrorCode.UnsupportedVersion };
        try
        {
            return new() { ProducerId = await NextAsync().ConfigureAwait(false), ProducerEpoch = 0 };
        }
        catch (OperationCanceledException)
        {
            return new() { Error = ErrorCode.CoordinatorNotAvailable };      // this broker is closing: another will answer
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _turn.Dispose();

    private async Task<long> NextAsync()
    {
        await _turn.WaitAsync().ConfigureAwait(false);
        try
        {
            if (_next > _end)
            {
                _next = await cluster.Retry(TakeBlock).ConfigureAwait(false);
                _end = _next + BlockSize - 1;
            }
            return _next++;
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Takes the block behind the last. When the answer is lost, the next attempt takes the one behind that.</summary>
    [Rule("REPL-IDEM-7")]
    private async Task<long> TakeBlock(ZooKeeperClient client)
    {
        while (true)
        {
            var (data, stat) = await client.GetDataAsync(Path).ConfigureAwait(false);
            var start = EndOf(data.Memory) + 1;
            try
            {
                await client.SetDataAsync(Path, Blob.Wrap(Block(start)), stat.Version).ConfigureAwait(false);
                return start;
            }
            catch (ZooKeeperException e) when (e.Error == ZooKeeperError.BadVersion)
            {
                // another broker was faster
            }
        }
    }

    private byte[] Block(long start) => Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture,
        $$"""{"version":1,"broker":{{cluster.Self.Value}},"block_start":"{{start}}","block_end":"{{start + BlockSize - 1}}"}"""));

    private static long EndOf(ReadOnlyMemory<byte> bytes)
    {
        if (bytes.Length == 0) return -1;
        try
        {
            return long.Parse(JsonDocument.Parse(bytes).RootElement.GetProperty("block_end").GetString() ?? "", NumberStyles.None, CultureInfo.InvariantCulture);
        }
        catch (Exception e) when (e is JsonException or FormatException or OverflowException or KeyNotFoundException or InvalidOperationException)
        {
            throw new InvalidDataException($"{Path} of the ensemble holds what no broker writes: {e.Message}", e);
        }
    }
}
