return await Reference.Broker.Commands.Root.RunAsync(args);
