namespace NetCompiler;

/// <summary>What a recurrent layer gives to the next layer.</summary>
public enum Returns
{
    /// <summary>The state after each step: [T, Units]. PyTorch: the first result; Keras: <c>return_sequences=True</c>.</summary>
    Sequence,

    /// <summary>The state after the last step: [Units]. PyTorch: <c>h_n</c> of the last layer; Keras: <c>return_sequences=False</c>.</summary>
    Last,
}

/// <summary>The function in a step of an <see cref="RnnAttribute"/>.</summary>
public enum Nonlinearity
{
    /// <summary>The hyperbolic tangent.</summary>
    Tanh,

    /// <summary>max(x, 0).</summary>
    Relu,
}

/// <summary>
/// What recurrent layers share: they go through a sequence [T, F] of T steps with F features each and carry a state of Units numbers from step to step, which is 0
/// before the first. The result is [T, Units], or [Units] with <see cref="Returns"/> <see cref="NetCompiler.Returns.Last"/>.
/// <para>
/// Parameters, with g Units rows for a layer of g gates: <c>weight_ih_l0</c> [g Units, F], <c>weight_hh_l0</c> [g Units, Units], <c>bias_ih_l0</c> and <c>bias_hh_l0</c> [g Units];
/// <c>_l1</c> and on for further <see cref="Layers"/>, with <c>_reverse</c> at the end for the second direction. All begin uniform in +-1/sqrt(Units).
/// </para>
/// </summary>
public abstract class RecurrentAttribute : SizedLayerAttribute
{
    private protected RecurrentAttribute(int units) => Units = units;

    /// <summary>Numbers of the state; 0 when sized otherwise. PyTorch: <c>hidden_size</c>.</summary>
    public int Units { get; }

    /// <summary>Layers on top of each other, each of which takes the sequence of the one below; 1 unless set. PyTorch: <c>num_layers</c>.</summary>
    public int Layers { get; set; } = 1;

    /// <summary>
    /// Whether there is a second state, with parameters of its own, that goes through the sequence from its end; the result has 2 Units numbers, those of the
    /// first direction before those of the second. The last state of the second direction is the one after the sequence's first step. PyTorch: <c>bidirectional</c>.
    /// </summary>
    public bool Bidirectional { get; set; }

    /// <summary>What the next layer gets: the state after each step unless set.</summary>
    public Returns Returns { get; set; }

    /// <summary>While training, the probability that an element of what a layer gives to the layer above is dropped; 0 unless set. PyTorch: <c>dropout</c>.</summary>
    public double Dropout { get; set; }
}

/// <summary>
/// h' = tanh(W x + b + V h + c) in each step, for <c>weight_ih</c> W, <c>bias_ih</c> b, <c>weight_hh</c> V and <c>bias_hh</c> c. Shapes: [T, F] to [T, Units] or [Units].
/// PyTorch: <c>RNN</c>; ONNX: <c>RNN</c>.
/// </summary>
public sealed class RnnAttribute : RecurrentAttribute
{
    /// <summary>Sized by <see cref="SizedLayerAttribute.Like"/> or <see cref="SizedLayerAttribute.Scale"/>.</summary>
    public RnnAttribute()
        : base(0)
    {
    }

    /// <summary>So many units.</summary>
    /// <param name="units">Numbers of the state.</param>
    public RnnAttribute(int units)
        : base(units)
    {
    }

    /// <summary>The function of the sum; <see cref="NetCompiler.Nonlinearity.Tanh"/> unless set. PyTorch: <c>nonlinearity</c>.</summary>
    public Nonlinearity Nonlinearity { get; set; }
}

/// <summary>
/// A gated recurrent unit (Cho et al. 2014): in each step r = s(W_r x + b_r + V_r h + c_r) for the logistic function s, z likewise,
/// n = tanh(W_n x + b_n + r (V_n h + c_n)) and h' = (1 - z) n + z h. The rows of <c>weight_ih</c> W, <c>bias_ih</c> b, <c>weight_hh</c> V and <c>bias_hh</c> c are
/// those of r, z and n, in this order. Shapes: [T, F] to [T, Units] or [Units]. PyTorch: <c>GRU</c>; Keras: <c>GRU(reset_after=True)</c>, whose order is z, r, n; ONNX: <c>GRU</c>
/// with <c>linear_before_reset</c>.
/// </summary>
public sealed class GruAttribute : RecurrentAttribute
{
    /// <summary>Sized by <see cref="SizedLayerAttribute.Like"/> or <see cref="SizedLayerAttribute.Scale"/>.</summary>
    public GruAttribute()
        : base(0)
    {
    }

    /// <summary>So many units.</summary>
    /// <param name="units">Numbers of the state.</param>
    public GruAttribute(int units)
        : base(units)
    {
    }
}

/// <summary>
/// Long short-term memory (Hochreiter and Schmidhuber 1997; Gers et al. 2000): in each step i = s(W_i x + b_i + V_i h + c_i) for the logistic function s, f and o likewise,
/// g = tanh(W_g x + b_g + V_g h + c_g), the cell becomes f cell + i g, and h' = o tanh(cell). The rows of <c>weight_ih</c> W, <c>bias_ih</c> b, <c>weight_hh</c> V and
/// <c>bias_hh</c> c are those of i, f, g and o, in this order. Shapes: [T, F] to [T, Units] or [Units]. PyTorch: <c>LSTM</c>; ONNX: <c>LSTM</c>, whose order is i, o, f, g.
/// </summary>
public sealed class LstmAttribute : RecurrentAttribute
{
    /// <summary>Sized by <see cref="SizedLayerAttribute.Like"/> or <see cref="SizedLayerAttribute.Scale"/>.</summary>
    public LstmAttribute()
        : base(0)
    {
    }

    /// <summary>So many units.</summary>
    /// <param name="units">Numbers of the state.</param>
    public LstmAttribute(int units)
        : base(units)
    {
    }
}
