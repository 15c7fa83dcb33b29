using Reference.Broker.Kafka.Messages;
using Reference.Broker.Kafka.Protocol;

namespace Reference.Broker.Kafka.Connections;

/// <summary>What is served here, as ApiVersions answers it.</summary>
internal static class ApiVersionsAnswer
{
    /// <summary>The list.</summary>
    public static ApiVersionsResponse All() => new() { Apis = [.. Apis.All.Select(api => new ApiVersion { Key = (short)api.Key, First = api.First, Last = api.Last })] };

    /// <summary>To a version that isn't served, in version 0: an error, and the list so that the client can choose.</summary>
    public static ApiVersionsResponse Unsupported()
    {
        var response = All();
        response.Error = ErrorCode.UnsupportedVersion;
        return response;
    }
}
