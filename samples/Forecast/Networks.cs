using NetCompiler;

namespace Forecast;

/// <summary>What both networks can do; the generator writes the methods.</summary>
internal interface IForecastNetwork<TState>
    where TState : SequenceState
{
    TState CreateState();

    void Step(TState state, ReadOnlySpan<float> input, Span<float> output);

    void Prefill(TState state, ReadOnlySpan<float> input, Span<float> output);
}

/// <summary>Remembers what it has seen in 24 numbers and as many cells.</summary>
[Network(Loss = Loss.MeanSquaredError)]
[Input(Window.Length, Window.Features), Lstm(24), Dense(1)]
internal sealed partial class LstmForecaster : IForecastNetwork<LstmForecaster.State>;

/// <summary>Looks back 31 moments: kernels of 3 rows at distances of 1, 2, 4 and 8.</summary>
[Network(Loss = Loss.MeanSquaredError)]
[Input(Window.Length, Window.Features)]
[Conv1D(16, Causal = true), Relu, Conv1D(16, Causal = true, Dilation = 2), Relu]
[Conv1D(16, Causal = true, Dilation = 4), Relu, Conv1D(16, Causal = true, Dilation = 8), Relu, Dense(1)]
internal sealed partial class ConvForecaster : IForecastNetwork<ConvForecaster.State>;
