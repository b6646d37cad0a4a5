using System.Numerics;

namespace NetCompiler;

/// <summary>
/// The contrastive loss over the pairs of a minibatch (van den Oord et al.: Representation Learning with Contrastive Predictive Coding, 2018), in both directions as CLIP has it (Radford et
/// al.: Learning Transferable Visual Models From Natural Language Supervision, 2021): of all vectors of the other kind, which belongs to this one? It is the mean of two softmax cross
/// entropies, of the rows and of the columns of the matrix of cosines divided by <see cref="Temperature"/>, whose right answers are on the diagonal.
/// </summary>
/// <remarks>
/// <para>
/// Outputs are all vectors of the first kind, [batch, size], then all of the second; row i of the first belongs to row i of the second. The two outputs of a network are so, and so are the halves of a
/// minibatch of one output in which the second views of all things follow the first ones. (SimCLR's loss is a relative, in which vectors of the same kind compete too.)
/// </para>
/// <para>
/// With <see cref="Normalize"/> a vector shorter than 1e-12 is divided by that, as in <c>torch.nn.functional.normalize</c>. It has no direction that could be made better: its gradient is 0.
/// </para>
/// <para>
/// Computed on one thread, with a matrix of batch x batch floats. A call allocates nothing, except that the first one with more pairs than any before allocates memory for them. One caller at a time:
/// threads need a loss each.
/// </para>
/// </remarks>
public sealed class InfoNceLoss : IShapedLoss
{
    private const double ShortestLength = 1e-12;

    private readonly int size;
    private readonly int columns; // of the vectors, filled up

    private int capacity;                 // of rows, filled up
    private float[] first = [];           // [rows, columns]: normalised
    private float[] second = [];
    private float[] turned = [];          // [columns, rows]: the second ones
    private float[] matrix = [];          // [rows, lines]: logits, then their gradients
    private float[] pulls = [];           // [rows, columns]: gradients of normalised vectors
    private float[] strip = [];           // of a product
    private float[] highest = [];         // [rows]: of each column
    private double[] sums = [];           // [rows]: of each column, then log sums
    private double[] logits = [];         // [rows]: of one line
    private double[] inverseLengths = []; // of the first ones, then of the second ones; 0: no direction

    /// <summary>Makes a loss.</summary>
    /// <param name="size">Floats of a vector: the size of one output.</param>
    /// <exception cref="ArgumentOutOfRangeException">Not above 0.</exception>
    public InfoNceLoss(int size)
    {
        if (size < 1)
        {
            throw new ArgumentOutOfRangeException(nameof(size), size, "A vector must have at least one float. Give the size of one output.");
        }

        this.size = size;
        columns = RowProducts.WholeTiles(size);
    }

    /// <summary>By what cosines are divided to become logits: the smaller, the more the most similar of the wrong ones count.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Not above 0, or not finite.</exception>
    public float Temperature
    {
        get;
        init => field = value > 0 && float.IsFinite(value) && float.IsFinite(1 / value)
            ? value
            : throw Bad(nameof(Temperature), value, "Temperature must be a finite number above 0, and its inverse finite.");
    } = 0.07f;

    /// <summary>Whether vectors are divided by their lengths first, so that their products are cosines.</summary>
    public bool Normalize { get; init; } = true;

    /// <summary>Computes loss and gradients.</summary>
    /// <param name="outputs">[batch, size] of the first kind, then [batch, size] of the second.</param>
    /// <param name="labels">Not used: there may be any, or none.</param>
    /// <param name="gradients">Receives the gradient of the loss with respect to each of the outputs; all are written.</param>
    /// <returns>The loss: 0 for one pair, up to about log(batch) if nothing has been learned.</returns>
    /// <exception cref="ArgumentException">A span has the wrong length. Nothing has been written then.</exception>
    public float Compute(ReadOnlySpan<float> outputs, ReadOnlySpan<float> labels, Span<float> gradients)
    {
        if (outputs.IsEmpty || outputs.Length % (2L * size) != 0)
        {
            throw new ArgumentException($"{outputs.Length} outputs are no minibatch of pairs of vectors with {size} floats. "
                + $"Give {size} floats for each vector of the first kind, then as many vectors of the second; at least one pair.", nameof(outputs));
        }

        if (gradients.Length != outputs.Length)
        {
            throw new ArgumentException($"There is room for {gradients.Length} gradients, but there are {outputs.Length} outputs. Give a span of the same length.", nameof(gradients));
        }

        int pairs = outputs.Length / size / 2;
        int rows = RowProducts.WholeTiles(pairs);
        Reserve(rows);
        Take(outputs[..(pairs * size)], first, inverseLengths);
        Take(outputs[(pairs * size)..], second, inverseLengths.AsSpan(pairs));
        Turn(pairs, rows);
        int line = Line(rows);
        RowProducts.Compute(first, columns, 1, pairs, size, turned, rows, rows, matrix, line, strip);
        SumColumns(pairs, rows);
        double loss = 0;
        for (int i = 0; i < pairs; i++)
        {
            loss += Differentiate(i, pairs, matrix.AsSpan(i * line, rows));
        }

        RowProducts.Compute(matrix, line, 1, pairs, pairs, second, columns, columns, pulls, columns, strip);
        Give(pairs, first, inverseLengths, gradients[..(pairs * size)]);
        RowProducts.Compute(matrix, 1, line, pairs, pairs, first, columns, columns, pulls, columns, strip);
        Give(pairs, second, inverseLengths.AsSpan(pairs), gradients[(pairs * size)..]);
        return (float)(loss / (2.0 * pairs));
    }

    void IShapedLoss.CheckOutput(string network, TensorDescription output)
    {
        // A sample may have several vectors.
        if (output.Shape[^1] != size && output.Length != size)
        {
            throw new InvalidOperationException($"This {nameof(InfoNceLoss)} is for vectors of {size} floats, but the output {output.Name} of {network} is [{string.Join(", ", output.Shape)}]. "
                + "Make the loss with the size of one output.");
        }
    }

    private void Reserve(int rows)
    {
        if (rows <= capacity)
        {
            return;
        }

        // The capacity last: if memory does not suffice, the next call tries again.
        first = new float[(long)rows * columns];
        second = new float[(long)rows * columns];
        turned = new float[(long)rows * columns];
        matrix = new float[(long)rows * Line(rows)];
        pulls = new float[(long)rows * columns];
        strip = new float[(long)Math.Max(rows, size) * RowProducts.Columns];
        highest = new float[rows];
        sums = new double[rows];
        logits = new double[rows];
        inverseLengths = new double[2L * rows];
        capacity = rows;
    }

    /// <summary>From one row of the matrix to the next: no power of two, with which rows would drive each other out of the cache.</summary>
    private static int Line(int rows) => rows + Vector<float>.Count;

    /// <summary>Copies vectors, normalised, and remembers their lengths. What fills rows up stays 0.</summary>
    private void Take(ReadOnlySpan<float> vectors, float[] to, Span<double> inverses)
    {
        for (int i = 0; i < vectors.Length / size; i++)
        {
            ReadOnlySpan<float> vector = vectors.Slice(i * size, size);
            double inverse = 1;
            inverses[i] = 1;
            if (Normalize)
            {
                double squares = 0;
                foreach (float x in vector)
                {
                    squares += (double)x * x;
                }

                double length = Math.Sqrt(squares);
                inverse = 1 / Math.Max(length, ShortestLength);
                inverses[i] = length < ShortestLength ? 0 : inverse;
            }

            Span<float> row = to.AsSpan(i * columns, size);
            for (int x = 0; x < row.Length; x++)
            {
                row[x] = (float)(vector[x] * inverse);
            }
        }
    }

    /// <summary>The second vectors as columns, filled up with 0.</summary>
    private void Turn(int pairs, int rows)
    {
        for (int x = 0; x < size; x++)
        {
            Span<float> row = turned.AsSpan(x * rows, rows);
            for (int i = 0; i < pairs; i++)
            {
                row[i] = second[(i * columns) + x];
            }

            row[pairs..].Clear();
        }
    }

    /// <summary>Makes logits of products, and the logarithms of the sums of their exponentials, column by column. What fills rows up becomes minus infinity.</summary>
    private void SumColumns(int pairs, int rows)
    {
        float scale = 1 / Temperature;
        highest.AsSpan(0, rows).Fill(float.NegativeInfinity);
        sums.AsSpan(0, rows).Clear();
        for (int i = 0; i < pairs; i++)
        {
            Span<float> line = matrix.AsSpan(i * Line(rows), rows);
            for (int j = 0; j < rows; j += Vector<float>.Count)
            {
                Vector<float> scaled = new Vector<float>(line[j..]) * scale;
                scaled.CopyTo(line[j..]);
                Vector.Max(scaled, new Vector<float>(highest, j)).CopyTo(highest, j);
            }

            line[pairs..].Fill(float.NegativeInfinity);
        }

        for (int i = 0; i < pairs; i++)
        {
            Span<float> line = matrix.AsSpan(i * Line(rows), rows);
            for (int j = 0; j < rows; j += Vector<float>.Count)
            {
                Vector.Widen(new Vector<float>(line[j..]), out Vector<double> low, out Vector<double> high);
                Vector.Widen(new Vector<float>(highest, j), out Vector<double> lowMost, out Vector<double> highMost);
                int next = j + Vector<double>.Count;
                (new Vector<double>(sums, j) + VectorMath.ExpOfNonPositive(low - lowMost)).CopyTo(sums, j);
                (new Vector<double>(sums, next) + VectorMath.ExpOfNonPositive(high - highMost)).CopyTo(sums, next);
            }
        }

        for (int j = 0; j < pairs; j++)
        {
            sums[j] = highest[j] + Math.Log(sums[j]);
        }

        // So that what fills the row up has the probability 0 there too.
        sums.AsSpan(pairs, rows - pairs).Clear();
    }

    /// <summary>Turns a line of logits into gradients of the products of vectors.</summary>
    /// <returns>The line's cross entropy, and that of its column.</returns>
    private double Differentiate(int i, int pairs, Span<float> line)
    {
        double right = line[i];
        double logSum = VectorMath.LogSumExp(line, logits.AsSpan(0, line.Length));
        double weight = 1 / (2.0 * pairs * Temperature);
        for (int j = 0; j < line.Length; j += Vector<float>.Count)
        {
            Vector.Narrow(Gradients(j), Gradients(j + Vector<double>.Count)).CopyTo(line[j..]);
        }

        line[i] = (float)(weight * (Math.Exp(right - logSum) - 1 + (Math.Exp(right - sums[i]) - 1)));
        return logSum - right + (sums[i] - right);

        Vector<double> Gradients(int j)
        {
            Vector<double> x = new(logits, j);
            return weight * (VectorMath.ExpOfNonPositive(x - new Vector<double>(logSum)) + VectorMath.ExpOfNonPositive(x - new Vector<double>(sums, j)));
        }
    }

    /// <summary>Writes gradients: what in a normalised vector's is along it, its length takes away.</summary>
    private void Give(int pairs, float[] vectors, ReadOnlySpan<double> inverses, Span<float> gradients)
    {
        for (int i = 0; i < pairs; i++)
        {
            ReadOnlySpan<float> pull = pulls.AsSpan(i * columns, size);
            ReadOnlySpan<float> vector = vectors.AsSpan(i * columns, size);
            double along = 0;
            for (int x = 0; Normalize && x < vector.Length; x++)
            {
                along += (double)pull[x] * vector[x];
            }

            Span<float> gradient = gradients.Slice(i * size, size);
            for (int x = 0; x < gradient.Length; x++)
            {
                gradient[x] = (float)((pull[x] - (along * vector[x])) * inverses[i]);
            }
        }
    }

    private static ArgumentOutOfRangeException Bad(string name, object value, string message) => new(name, value, message);
}
