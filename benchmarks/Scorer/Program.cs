Scorer.Serving.SocketThreads.AnswerRequests(); // as the service itself does
return Scorer.LoadTest.Commands.Run(args);
