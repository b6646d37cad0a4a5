namespace NetCompiler.Torch.Tests;

// Every layer that libtorch has: prediction, loss, all gradients and running statistics, from the same parameters by name, on every
// instruction path. Two classes, so that they run at the same time.

public sealed class WindowAgreementTests
{
    private static readonly CaseGroup Convolutions = new(ConvolutionCases.All);
    private static readonly CaseGroup Pooling = new(PoolingCases.All);

    public static TheoryData<string> ConvolutionNames => Convolutions.Names;

    public static TheoryData<string> PoolingNames => Pooling.Names;

    [SkippableTheory]
    [MemberData(nameof(ConvolutionNames))]
    public void Convolution_agrees_with_libtorch(string name) => Convolutions.Compare(name);

    [SkippableTheory]
    [MemberData(nameof(PoolingNames))]
    public void Pooling_and_resizing_agree_with_libtorch(string name) => Pooling.Compare(name);
}

public sealed class AgreementTests
{
    private static readonly CaseGroup Layers = new(DenseCases.All, NormalizationCases.All, ActivationCases.All);
    private static readonly CaseGroup Recurrent = new(RecurrentCases.All);
    private static readonly CaseGroup Sequences = new(SequenceCases.All);
    private static readonly CaseGroup Time = new(TimeCases.All);
    private static readonly CaseGroup Audio = new(AudioCases.All);
    private static readonly CaseGroup Losses = new(LossCases.All);
    private static readonly CaseGroup Networks = new(NetworkCases.All);
    private static readonly CaseGroup Products = new(ProductCases.All);

    public static TheoryData<string> LayerNames => Layers.Names;

    public static TheoryData<string> RecurrentNames => Recurrent.Names;

    public static TheoryData<string> SequenceNames => Sequences.Names;

    public static TheoryData<string> TimeNames => Time.Names;

    public static TheoryData<string> AudioNames => Audio.Names;

    public static TheoryData<string> LossNames => Losses.Names;

    public static TheoryData<string> NetworkNames => Networks.Names;

    public static TheoryData<string> ProductNames => Products.Names;

    [SkippableTheory]
    [MemberData(nameof(LayerNames))]
    public void Layer_agrees_with_libtorch(string name) => Layers.Compare(name);

    [SkippableTheory]
    [MemberData(nameof(RecurrentNames))]
    public void Recurrent_layer_agrees_with_libtorch(string name) => Recurrent.Compare(name);

    [SkippableTheory]
    [MemberData(nameof(ProductNames))]
    public void Product_of_layers_agrees_with_libtorch(string name) => Products.Compare(name);

    [SkippableTheory]
    [MemberData(nameof(SequenceNames))]
    public void Layer_of_sequences_agrees_with_libtorch(string name) => Sequences.Compare(name);

    [SkippableTheory]
    [MemberData(nameof(TimeNames))]
    public void Layer_over_time_agrees_with_libtorch(string name) => Time.Compare(name);

    [SkippableTheory]
    [MemberData(nameof(AudioNames))]
    public void Layer_of_waveforms_agrees_with_libtorch(string name) => Audio.Compare(name);

    [SkippableTheory]
    [MemberData(nameof(LossNames))]
    public void Loss_agrees_with_libtorch(string name) => Losses.Compare(name);

    [SkippableTheory]
    [MemberData(nameof(NetworkNames))]
    public void Network_agrees_with_libtorch(string name) => Networks.Compare(name);
}
