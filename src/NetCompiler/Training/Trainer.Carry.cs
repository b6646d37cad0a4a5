namespace NetCompiler;

public sealed partial class Trainer<TNetwork>
{
    private CarriedStates carried;

    /// <summary>
    /// Whether recurrent layers go on where they ended: truncated backpropagation through time. Every row of a minibatch then continues the same row of the
    /// minibatch before: <c>Step</c> begins with the states that the last <c>Step</c> ended with, as given numbers (no gradient goes back across the
    /// border). <c>ComputeGradients</c> begins there too, and moves nothing. False, as at first: every minibatch begins with states of 0; setting it forgets what was
    /// carried.
    /// </summary>
    /// <exception cref="InvalidOperationException">The network has no recurrent layer, or one that also goes backwards (Bidirectional).</exception>
    public bool CarryState
    {
        get;
        set
        {
            using Guard guard = new(this);
            if (value && training.BothWays is { } layer)
            {
                throw new InvalidOperationException($"The layer '{layer}' of {TNetwork.Description.Name} is Bidirectional. Backwards in time it begins at the end of its window, "
                    + "with what comes after it, which no earlier minibatch knows: such a layer cannot carry its state. Declare it without Bidirectional.");
            }

            if (value && training.States.Length == 0)
            {
                throw new InvalidOperationException($"{TNetwork.Description.Name} has no state to carry from one minibatch to the next: only recurrent layers (Rnn, Gru, Lstm) "
                    + "have one in training. Leave CarryState off.");
            }

            field = value;
            if (!value)
            {
                carried.Reset();
            }
        }
    }

    /// <summary>
    /// With <see cref="CarryState"/>: the next minibatch begins with states of 0 in all rows, and may have any number of rows. To be called where new sequences begin.
    /// </summary>
    /// <exception cref="InvalidOperationException">CarryState is off.</exception>
    public void ResetState()
    {
        using Guard guard = new(this);
        CheckCarrying();
        carried.Reset();
    }

    /// <summary>With <see cref="CarryState"/>: one row begins with states of 0, because a new sequence begins there; the others go on.</summary>
    /// <param name="row">Which sample of the minibatch, from 0.</param>
    /// <exception cref="InvalidOperationException">CarryState is off.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The minibatch has no such row.</exception>
    public void ResetState(int row)
    {
        using Guard guard = new(this);
        CheckCarrying();
        ArgumentOutOfRangeException.ThrowIfNegative(row);
        if (carried.Rows == 0)
        {
            return; // nothing has been carried yet: all rows are 0
        }

        if (row >= carried.Rows)
        {
            throw new ArgumentOutOfRangeException(nameof(row), row, $"The minibatches have {carried.Rows} rows, which are counted from 0.");
        }

        carried.Reset(row);
    }

    private void CheckCarrying()
    {
        if (!CarryState)
        {
            throw new InvalidOperationException("CarryState is off: every minibatch begins with states of 0, and there is nothing to reset. Set it to true before the first step.");
        }
    }

    /// <summary>Prepares the memory for a minibatch of that size, which must go on with the rows that are carried.</summary>
    private void Prepare(int batch, string parameter)
    {
        if (carried.Rows > 0 && batch != carried.Rows)
        {
            throw new ArgumentException(
                $"The minibatch has {batch} samples; {carried.Rows} rows are carried on from the one before, and each goes on in the row where it was. Give "
                    + $"{carried.Rows} samples, or call ResetState() to begin anew with another number.", parameter);
        }

        lastBatch = 0; // from here on, memory does not hold the last minibatch; the next one counts when it runs
        memory.Prepare(batch);
        carried.Prepare(batch);
    }
}
