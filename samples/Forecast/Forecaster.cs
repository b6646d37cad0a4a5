using System.Runtime.InteropServices;
using NetCompiler;

namespace Forecast;

/// <summary>A trained network and what belongs to it.</summary>
internal interface IForecaster
{
    /// <summary>Begins with what happened so far; at least <see cref="Window.First"/> + 1 values.</summary>
    IForecast Begin(ReadOnlySpan<double> history);
}

/// <summary>A series that a network follows value by value.</summary>
internal interface IForecast
{
    /// <summary>What it expects next.</summary>
    double Next { get; }

    /// <summary>Tells it what happened next.</summary>
    void Add(double value);

    /// <summary>What it expects of the next values: each is taken as if it had happened, to forecast the one after it. What it remembers stays as it is.</summary>
    double[] Ahead(int count);
}

/// <summary>A network of one of the two kinds.</summary>
internal sealed class Forecaster<TNetwork, TState>(TNetwork network, Window window) : IForecaster
    where TNetwork : class, INetwork<TNetwork>, IForecastNetwork<TState>
    where TState : SequenceState
{
    /// <summary>Trains a new network on windows of the values, drawn at random.</summary>
    /// <param name="values">What may be learned from.</param>
    /// <param name="window">What the network sees of it.</param>
    /// <param name="settings">How.</param>
    /// <param name="progress">Told the step and the mean loss of the last steps.</param>
    /// <param name="cancellation">Ends it.</param>
    public static Forecaster<TNetwork, TState> Train(double[] values, Window window, Settings settings, Action<int, double> progress, CancellationToken cancellation)
    {
        const int Batch = 32;
        var network = TNetwork.Create(settings.Seed);
        using var trainer = new Trainer<TNetwork>(network, new AdamW { LearningRate = 4e-3f, WeightDecay = 0.1f }, settings.Threads)
        {
            GradientClipNorm = 1,
            Schedule = new OneCycleSchedule { TotalSteps = settings.Iterations },
        };
        var random = new Random((int)(settings.Seed ^ (settings.Seed >> 32)));
        var inputs = new float[Batch * Window.Length * Window.Features];
        var targets = new float[Batch * Window.Length];
        var last = values.Length - 1 - Window.Length;
        var mean = 0.0;
        for (var step = 1; step <= settings.Iterations; step++)
        {
            cancellation.ThrowIfCancellationRequested();
            for (var sample = 0; sample < Batch; sample++)
            {
                var begin = random.Next(window.First, last + 1);
                for (var i = sample * Window.Length; i < (sample + 1) * Window.Length; i++, begin++)
                {
                    window.Write(values, begin, inputs.AsSpan(i * Window.Features, Window.Features));
                    targets[i] = window.Target(values, begin);
                }
            }

            var loss = trainer.Step(inputs, targets);
            mean += (loss - mean) / Math.Min(step, 50);
            progress(step, mean);
        }

        return new(network, window);
    }

    public IForecast Begin(ReadOnlySpan<double> history)
    {
        var rows = history.Length - window.First;
        var features = new float[rows * Window.Features];
        for (var i = 0; i < rows; i++) window.Write(history, window.First + i, features.AsSpan(i * Window.Features, Window.Features));
        var state = network.CreateState();
        Span<float> said = stackalloc float[1];
        network.Prefill(state, features, said);
        return new Following(network, window, state, [.. history], said[0]);
    }

    private sealed class Following(TNetwork network, Window window, TState state, List<double> values, float said) : IForecast
    {
        public double Next => window.Next(CollectionsMarshal.AsSpan(values), said);

        public void Add(double value)
        {
            values.Add(value);
            Span<float> features = stackalloc float[Window.Features];
            window.Write(CollectionsMarshal.AsSpan(values), values.Count - 1, features);
            network.Step(state, features, new Span<float>(ref said));
        }

        public double[] Ahead(int count)
        {
            var copy = network.CreateState();
            copy.CopyFrom(state);
            var other = new Following(network, window, copy, [.. values], said);
            var forecasts = new double[count];
            for (var i = 0; i < count; i++)
            {
                forecasts[i] = other.Next;
                other.Add(forecasts[i]);
            }

            return forecasts;
        }
    }
}
