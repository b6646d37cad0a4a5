using NetCompiler.Benchmarks.Peers;
using TorchSharp;
using static TorchSharp.torch;

namespace NetCompiler.Benchmarks.Steps;

/// <summary>A network that goes on step by step; one run is many steps, so that what measures them does not count.</summary>
/// <param name="steps">Takes so many steps with the state it has.</param>
/// <param name="output">Where each step writes.</param>
internal sealed class StepPeer(Action<int> steps, float[] output) : Peer(SystemName)
{
    public const string SystemName = "NetCompiler";
    public const int StepsOfARun = 64;

    public override void Run() => steps(StepsOfARun);

    public override Dictionary<string, double[]> Results() => new() { [Output] = Numbers(output) };

    public override void Dispose()
    {
    }
}

/// <summary>One layer of libtorch's, given a sequence of one step and the state after the one before.</summary>
internal sealed class TorchStepPeer : Peer
{
    private readonly nn.Module layer;
    private readonly bool isLstm;
    private readonly Tensor input;
    private Tensor state, cell;
    private IDisposable? mode;

    /// <param name="parameters">The network's, whose names are libtorch's.</param>
    /// <param name="input">One step's.</param>
    /// <param name="isLstm">Otherwise it is a Gru.</param>
    public TorchStepPeer(ParameterCollection parameters, float[] input, bool isLstm)
        : base(TorchTrainer.SystemName)
    {
        this.isLstm = isLstm;
        var units = parameters.First(p => p.Name.EndsWith("weight_hh_l0", StringComparison.Ordinal)).Shape[1];
        layer = isLstm ? nn.LSTM(input.Length, units) : nn.GRU(input.Length, units);
        using var guard = no_grad();
        foreach (var (name, target) in layer.named_parameters())
        {
            var own = parameters.First(p => p.Name.EndsWith(name, StringComparison.Ordinal));
            using var values = tensor(own.ToArray(), [.. own.Shape.Select(d => (long)d)]);
            target.copy_(values);
        }

        this.input = tensor(input, [1, 1, input.Length]);
        (state, cell) = (zeros(1, 1, units), zeros(1, 1, units));
    }

    public override void Enter()
    {
        set_num_threads(1);
        mode = inference_mode();
    }

    public override void Leave()
    {
        mode?.Dispose();
        mode = null;
    }

    public override void Run()
    {
        if (isLstm)
        {
            var (output, h, c) = ((TorchSharp.Modules.LSTM)layer).call(input, (state, cell));
            output.Dispose();
            state.Dispose();
            cell.Dispose();
            (state, cell) = (h, c);
            return;
        }

        var (shown, next) = ((TorchSharp.Modules.GRU)layer).call(input, state);
        shown.Dispose();
        state.Dispose();
        state = next;
    }

    public override Dictionary<string, double[]> Results() => new() { [Output] = TorchTrainer.Numbers(state) };

    public override void Dispose()
    {
        state.Dispose();
        cell.Dispose();
        input.Dispose();
        layer.Dispose();
    }
}
