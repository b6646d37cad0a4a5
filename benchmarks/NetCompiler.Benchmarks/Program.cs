using BenchmarkDotNet.Running;
using NetCompiler.Benchmarks;

if (Commands.IsOurs(args)) return Commands.Run(args);
BenchmarkSwitcher.FromAssembly(typeof(PredictionBenchmarks).Assembly).Run(args);
return 0;
