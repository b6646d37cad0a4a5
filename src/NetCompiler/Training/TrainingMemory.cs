namespace NetCompiler;

/// <summary>The memory of a training step, grown as minibatches grow.</summary>
internal sealed class TrainingMemory
{
    private readonly TrainingDescription training;
    private readonly int inputSize;
    private readonly int labelSize;
    private int capacity;
    private int lastBatch;

    public TrainingMemory(TrainingDescription training, int inputSize, int labelSize, int threads)
    {
        this.training = training;
        this.inputSize = inputSize;
        this.labelSize = labelSize;
        Static = new AlignedBuffer(training.StaticLength, "Training");
        Scratch = new AlignedBuffer[threads];
        for (int i = 0; i < threads; i++)
        {
            Scratch[i] = new AlignedBuffer(training.ScratchLength, "Training");
        }

        Samples = Chunks = Inputs = Labels = new AlignedBuffer(0, "Training");
    }

    public AlignedBuffer Static { get; }

    public AlignedBuffer[] Scratch { get; }

    public AlignedBuffer Samples { get; private set; }

    public AlignedBuffer Chunks { get; private set; }

    /// <summary>A copy of the minibatch: aligned, with readable floats behind it, and there when the caller's memory is gone.</summary>
    public AlignedBuffer Inputs { get; private set; }

    public AlignedBuffer Labels { get; private set; }

    public int ChunkCount(int batch) => (batch + training.ChunkSize - 1) / training.ChunkSize;

    /// <summary>Prepares for a minibatch of that size. Changes nothing when there is not enough memory.</summary>
    public void Prepare(int batch)
    {
        int chunks = ChunkCount(batch);
        if (batch > capacity)
        {
            string purpose = $"A minibatch of {batch} samples";
            AlignedBuffer samples = new((long)training.SampleLength * batch, purpose);
            AlignedBuffer chunkMemory = new((long)training.ChunkLength * chunks, purpose);
            AlignedBuffer inputs = new((long)inputSize * batch, purpose);
            AlignedBuffer labels = new((long)labelSize * batch, purpose);
            (Samples, Chunks, Inputs, Labels, capacity) = (samples, chunkMemory, inputs, labels, batch);
        }
        else if (batch != lastBatch)
        {
            // Places depend on the batch: what was a value is padding now. Zeros make a step independent of what ran before it.
            Samples.Span[..(training.SampleLength * batch)].Clear();
            Chunks.Span[..(training.ChunkLength * chunks)].Clear();
        }

        lastBatch = batch;
        Static.Span[training.InverseBatchOffset] = 1f / batch;
    }
}
