using BenchmarkDotNet.Running;

BenchmarkSwitcher.FromAssembly(typeof(NetCompiler.Benchmarks.PredictionBenchmarks).Assembly).Run(args);
