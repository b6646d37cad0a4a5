return Scorer.LoadTest.Commands.Run(args);
