using System.Globalization;
using System.Runtime.InteropServices;
using Confluent.Kafka;

namespace Reference.Integration.Clients.Groups;

/// <summary>A member on Confluent.Kafka, as a process of its own: <c>confluent-member bootstrap group topic</c>.</summary>
internal static class ConfluentMember
{
    public const string Command = "confluent-member";

    public static GroupMember Start(string bootstrap, string group, string topic) =>
        GroupMember.Start("dotnet", typeof(ConfluentMember).Assembly.Location, Command, bootstrap, group, topic);

    public static int Run(string bootstrap, string group, string topic)
    {
        using var leave = new CancellationTokenSource();
        using var term = PosixSignalRegistration.Create(PosixSignal.SIGTERM, context =>
        {
            context.Cancel = true;
            leave.Cancel();
        });
        var settings = new ConsumerConfig { BootstrapServers = bootstrap, GroupId = group, SessionTimeoutMs = 6000, AutoOffsetReset = AutoOffsetReset.Earliest, EnableAutoCommit = false };
        using var consumer = new ConsumerBuilder<Ignore, string>(settings).Build();
        consumer.Subscribe(topic);
        while (!leave.IsCancellationRequested)
        {
            if (consumer.Consume(TimeSpan.FromMilliseconds(100)) is not { } read) continue;
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{read.Partition.Value} {read.Offset.Value} {read.Message.Value}"));
            try
            {
                consumer.Commit(read);
            }
            catch (KafkaException e)
            {
                Console.Error.WriteLine(e.Message);
            }
        }
        consumer.Close();
        return 0;
    }
}
