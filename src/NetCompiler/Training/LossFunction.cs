namespace NetCompiler;

/// <summary>
/// A loss of one's own, for networks declared with <see cref="Loss.Custom"/>: see <see cref="Trainer{TNetwork}.CustomLoss"/>. It is given the outputs of the whole minibatch as
/// they are in training (dropout, the minibatch's statistics), so that it may also compare samples with each other.
/// </summary>
/// <param name="outputs">Batch x output size; of several outputs one after the other, each [batch x its size].</param>
/// <param name="labels">What the trainer was given beside the inputs; class numbers as floats. There may be none.</param>
/// <param name="gradients">
/// As many as outputs, all 0: what it writes here is the gradient of the loss that it returns with respect to each element of the outputs. (Of a mean over the minibatch, the
/// gradients have 1 / batch in them.)
/// </param>
/// <returns>The loss.</returns>
public delegate float LossFunction(ReadOnlySpan<float> outputs, ReadOnlySpan<float> labels, Span<float> gradients);
