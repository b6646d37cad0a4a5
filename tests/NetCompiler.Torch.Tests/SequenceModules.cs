using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;
using TorchParameter = TorchSharp.Modules.Parameter;

namespace NetCompiler.Torch.Tests;

/// <summary>PyTorch's RMSNorm by its formula: TorchSharp has no module of it.</summary>
internal sealed class RootMeanSquare : Module<Tensor, Tensor>
{
    private readonly long[] _dimensions;
    private readonly double _epsilon;

    public RootMeanSquare(long[] shape, double epsilon)
        : base(nameof(RootMeanSquare))
    {
        register_parameter("weight", new TorchParameter(ones(shape)));
        _dimensions = [.. Enumerable.Range(1, shape.Length).Select(d => -(long)d)];
        _epsilon = epsilon;
    }

    public override Tensor forward(Tensor input)
    {
        return input * (input.pow(2).mean(_dimensions, keepdim: true) + _epsilon).rsqrt() * get_parameter("weight")!;
    }
}

/// <summary>
/// Attention with fewer heads of keys and values, by libtorch's scaled_dot_product_attention with each of them repeated; with rotary positions by their formula, if wanted.
/// </summary>
internal sealed class GroupedAttention : Module<Tensor, Tensor>
{
    private readonly Linear _join;
    private readonly int _heads;
    private readonly int _groups;
    private readonly int _columns;
    private readonly bool _causal;
    private readonly bool _rotary;

    public GroupedAttention(int width, int heads, int groups, bool causal, bool rotary, bool bias)
        : base(nameof(GroupedAttention))
    {
        (_heads, _groups, _columns, _causal, _rotary) = (heads, groups, width / heads, causal, rotary);
        var rows = width + (2 * groups * _columns);
        register_parameter("in_proj_weight", new TorchParameter(zeros(rows, width)));
        if (bias) register_parameter("in_proj_bias", new TorchParameter(zeros(rows)));
        register_module("out_proj", _join = nn.Linear(width, width, hasBias: bias));
    }

    public override Tensor forward(Tensor input)
    {
        var (batch, times) = (input.shape[0], input.shape[1]);
        var all = functional.linear(input, get_parameter("in_proj_weight")!, get_parameter("in_proj_bias"));
        var query = Turn(Heads(0, _heads));
        var key = Turn(Heads(_heads, _groups)).repeat_interleave(_heads / _groups, 1);
        var value = Heads(_heads + _groups, _groups).repeat_interleave(_heads / _groups, 1);
        var mixed = functional.scaled_dot_product_attention(query, key, value, null, 0, _causal);
        return _join.call(mixed.transpose(1, 2).reshape(batch, times, _heads * _columns));

        Tensor Heads(int first, int count) => all.slice(2, first * _columns, (first + count) * _columns, 1).reshape(batch, times, count, _columns).transpose(1, 2);
    }

    /// <summary>Column j with column j + d/2, by t / 10000^(2j/d).</summary>
    private Tensor Turn(Tensor heads)
    {
        if (!_rotary) return heads;
        var half = _columns / 2;
        var angles = arange(heads.shape[2], float64).unsqueeze(1) * pow(10000, arange(half, float64) * (-2.0 / _columns)).unsqueeze(0);
        var (cos, sin) = (angles.cos().to(heads.dtype), angles.sin().to(heads.dtype));
        var (first, second) = (heads.slice(3, 0, half, 1), heads.slice(3, half, _columns, 1));
        return cat([(first * cos) - (second * sin), (second * cos) + (first * sin)], 3);
    }
}
