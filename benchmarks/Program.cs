using NetCompiler.Benchmarks;

return Commands.Run(args);
