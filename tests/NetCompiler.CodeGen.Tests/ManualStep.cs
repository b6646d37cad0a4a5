namespace NetCompiler.CodeGen.Tests;

/// <summary>Runs the phases of a training step one item after the other, in memory filled with NaN where nothing may be assumed.</summary>
public sealed unsafe class ManualStep<T>(T network, InstructionPath path, int batch, uint seed)
    where T : class, INetwork<T>
{
    private const int Slack = 64;
    private readonly TrainingDescription _training = T.Description.Training!;
    private float[] _gradients = [];
    private float[] _constants = [];
    private float[] _samples = [];
    private readonly float[] _states = Zeros(T.Description.Training!.StateLength * batch);
    private float[] _nextStates = [];

    public float Loss => _constants[_training.LossOffset];

    public void Run(float[] inputs, float[] labels)
    {
        var chunks = (batch + _training.ChunkSize - 1) / _training.ChunkSize;
        _gradients = Zeros(T.Description.TrainableLength);
        _constants = Garbage(_training.StaticLength);
        _samples = Garbage(_training.SampleLength * batch);
        var partials = Garbage(_training.ChunkLength * chunks);
        var scratch = Garbage(_training.ScratchLength);
        _nextStates = Garbage(_training.StateLength * batch);
        _constants[_training.InverseBatchOffset] = 1f / batch;
        var at = 0;
        for (var output = 0; output < _training.Labels.Length && _training.Labels[output].Classes > 0; output++)
        {
            var all = _training.Labels[output].Length * batch;
            var counted = labels.Skip(at).Take(all).Count(l => l >= 0);
            _constants[_training.InverseBatchOffset + 1 + output] = counted == 0 ? 0 : (float)((double)all / counted);
            at += all;
        }

        // Where the loss is computed outside, the gradients of the outputs are not known before these are.
        float[] given = [.. labels];
        if (_training.OutputOffsets.Length > 0) given.AsSpan().Fill(float.NaN);
        fixed (float* parameters = &network.State.Reference, gradients = _gradients, constants = _constants, samples = _samples, p = partials, s = scratch, x = inputs, y = given, begin = _states, end = _nextStates)
        {
            var frame = new TrainingFrame
            {
                ParameterPointer = parameters, GradientPointer = gradients, StaticPointer = constants, SamplePointer = samples,
                ChunkPointer = p, ScratchPointer = s, InputPointer = x, LabelPointer = y, Batch = batch, Seed = seed, StatePointer = begin, NextStatePointer = end,
            };
            foreach (var role in new[] { PhaseRole.Gradient, PhaseRole.AfterLoss, PhaseRole.InputGradient, PhaseRole.Commit })
            {
                if (role == PhaseRole.AfterLoss) labels.CopyTo(given, 0);
                for (var phase = 0; phase < _training.Phases.Length; phase++)
                {
                    if (_training.Phases[phase].Role != role) continue;
                    var items = _training.Phases[phase].Items == 0 ? chunks : _training.Phases[phase].Items;
                    for (var item = items - 1; item >= 0; item--) T.RunTraining(path, phase, in frame, item, item + 1);
                }
            }
        }
    }

    public float[] Gradient(string name)
    {
        var description = T.Description.Parameters.Single(p => p.Name == name);
        var result = new float[description.Length];
        for (var i = 0; i < result.Length; i++)
        {
            int at = description.Offset, rest = i;
            for (var d = description.StorageShape.Length - 1; d >= 0; d--)
            {
                at += rest % description.StorageShape[d] * description.Strides[d];
                rest /= description.StorageShape[d];
            }

            result[i] = _gradients[at];
        }

        return result;
    }

    public ReadOnlySpan<float> InputGradient(int input) =>
        _samples.AsSpan(_training.InputGradientOffsets[input] * batch, batch * T.Description.Inputs[input].Length);

    /// <summary>What a loss that is computed outside is shown.</summary>
    public ReadOnlySpan<float> Output(int output) => _samples.AsSpan(_training.OutputOffsets[output] * batch, batch * T.Description.Outputs[output].Length);

    /// <summary>What a recurrent layer begins with, [batch x its units]: zeros unless it is given here.</summary>
    public void Begin(string state, ReadOnlySpan<float> values) => values.CopyTo(Place(_states, state));

    /// <summary>What it ended with.</summary>
    public ReadOnlySpan<float> End(string state) => Place(_nextStates, state);

    private Span<float> Place(float[] memory, string state)
    {
        var description = _training.States.Single(s => s.Name == state);
        return memory.AsSpan(description.Offset * batch, description.Length * batch);
    }

    private static float[] Zeros(int length) => new float[length + Slack];

    private static float[] Garbage(int length)
    {
        var memory = new float[length + Slack];
        memory.AsSpan().Fill(float.NaN);
        return memory;
    }
}
