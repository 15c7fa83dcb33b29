using Reference.Integration.Clients.Groups;

return args switch
{
    [ConfluentMember.Command, var bootstrap, var group, var topic] => ConfluentMember.Run(bootstrap, group, topic),
    _ => throw new ArgumentException($"{ConfluentMember.Command} BOOTSTRAP GROUP TOPIC; the tests themselves are run by dotnet test"),
};
